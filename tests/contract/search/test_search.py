"""Searches find every planted record and say so; among transactions, gaps, other formats and hostile values."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing

import msgpack
import pytest

import workbench as wb
from workbench.bus.memory import MemoryLog
from workbench.errors import UnknownTopicError, ValidationError
from workbench.model import NewRecord, TopicPartition

PARTITIONS = 4
MARK = "planted-7f"


def order(topic: str, at: int, *, planted: bool = False, partition: int | None = None) -> NewRecord:
    body = {"event_id": f"e-{at}", "event_type": "order.paid", "state": MARK if planted else "ok", "n": at}
    return NewRecord(topic, f"order-{at}".encode(), json.dumps(body).encode(), ((b"n", b"%d" % at),), partition)


async def send(cluster, records, **options):
    async with cluster.log.writer(**options) as writer:
        assert {one.status for one in await writer.send(records)} == {"acked"}


async def transact(cluster, name, records, *, commit):
    async with cluster.log.writer(transactional_id=name) as writer:
        await writer.begin()
        await writer.send(records)
        await (writer.commit() if commit else writer.abort())


@pytest.fixture
async def orders(cluster, topic):
    """2,000 orders over 4 partitions, 12 of them planted; half by transactions, among them aborted ones."""
    name = await topic(partitions=PARTITIONS)
    for lot in range(4):
        rows = [order(name, at, planted=at % 167 == 0) for at in range(lot * 500, lot * 500 + 500)]
        if lot % 2:
            await transact(cluster, f"{name}-{lot}", rows, commit=True)
            aborted = [order(name, 10_000 + at, planted=True) for at in range(40)]
            await transact(cluster, f"{name}-no-{lot}", aborted, commit=False)
        else:
            await send(cluster, rows)
    return name


def numbers(found) -> list[int]:
    return sorted(json.loads(record.value)["n"] for record in found)


PLANTED = [at for at in range(2_000) if at % 167 == 0]


SHOP = {"all": ["value:event_id", "value:event_type"], "event_id": "value:event_id", "event_type": "value:event_type"}
CONDITIONS = [
    {"where": f"payload->>'state' = '{MARK}'"},
    {"where": f"event_type = 'order.paid' and value like '%{MARK}%'", "conventions": {"shop": SHOP}},
    {"words": MARK.upper()},
    {"words": ["paid", MARK]},
    {"regex": "planted-[0-9]f"},
    {"where": "header(headers, 'n')::int % 167 = 0 and key_text is not null"},
    {"words": MARK, "where": "offset >= 0 and topic is not null and timestamp > '2020-01-01'"},
]


@pytest.mark.parametrize("newest_first", [False, True])
async def test_every_planted_record_is_found_and_complete_is_said(cluster, orders, newest_first):
    for conditions in CONDITIONS:
        found = await cluster.search(orders, newest_first=newest_first, **conditions)
        assert numbers(found) == PLANTED, conditions
        assert (found.state, found.complete) == ("complete", True)
        assert found.ended == "complete: 2,000 records in 4 partitions searched"
        parts = found.partitions
        assert sum(one.aborted for one in parts) == 80
        assert sum(one.scanned for one in parts) == 2_000
        assert [one.remaining for one in parts] == [0] * PARTITIONS
        assert (sum(one.matched for one in parts), sum(one.undecoded for one in parts)) == (12, 0)


async def test_uncommitted_reads_find_what_was_aborted(cluster, orders):
    found = await cluster.search(orders, words=MARK, isolation="read_uncommitted")
    assert len(found) == 12 + 80
    assert found.complete


async def test_a_key_is_looked_for_in_its_partition_only(cluster, orders):
    found = await cluster.search(orders, key="order-334")
    (record,) = found
    assert numbers([record]) == [334]
    assert found.complete
    assert [(one.topic, one.partition) for one in found.partitions] == [(orders, record.partition)]
    verdict = found.partitioners[orders]
    assert (verdict.name, verdict.share) == ("murmur2", 1.0)
    assert "murmur2 places all of" in found.notes[0]
    nobody = await cluster.search(orders, key=b"order-nobody")
    assert (len(nobody), nobody.complete, len(nobody.partitions)) == (0, True, 1)


async def test_a_key_that_one_producer_placed_elsewhere_is_looked_for_everywhere(cluster, topic):
    name = await topic(partitions=PARTITIONS)
    await send(cluster, [order(name, at) for at in range(600)])
    (there,) = await cluster.search(name, key="order-5")
    await send(cluster, [order(name, 5, partition=(there.partition + 1) % PARTITIONS)])
    found = await cluster.search(name, key="order-5")
    assert len({record.partition for record in found}) == 2
    assert len(found.partitions) == PARTITIONS
    assert "no partitioner places all" in found.notes[0]
    assert "murmur2 99.8%" in found.notes[0]


async def test_the_newest_come_first_and_the_limit_is_said(cluster, orders):
    newest = [record async for record in cluster.search(orders, newest_first=True, limit=3)]
    oldest = await cluster.search(orders, limit=3)
    assert [record.timestamp_ms for record in newest] == sorted((r.timestamp_ms for r in newest), reverse=True)
    assert min(r.timestamp_ms for r in newest) >= max(r.timestamp_ms for r in oldest)
    assert (len(oldest), oldest.state) == (3, "stopped")
    assert oldest.ended.startswith("stopped because the limit of 3 records was reached; ")
    assert sum(one.remaining for one in oldest.partitions) > 0
    assert sum(one.scanned for one in oldest.partitions) == 3


async def test_bounds_are_kept(cluster, orders):
    everything = await cluster.search(orders)
    assert (len(everything), everything.complete) == (2_000, True)
    some = await cluster.search(orders, start="+10", end=30)
    assert [record.offset for record in some] == sorted(record.offset for record in some) or len(some) == 20 * 4
    assert {one.start for one in some.partitions} == {10}
    assert (await cluster.search(orders, start="end")).complete
    with pytest.raises(UnknownTopicError):
        await cluster.search(f"{orders}-other")


async def test_hits_come_while_it_runs_and_leaving_the_loop_ends_it(cluster, orders):
    told = []
    search = cluster.search(orders, words="paid", progress=told.append)
    seen = []
    async with aclosing(aiter(search)) as records:
        async for record in records:
            seen.append(record)
            if len(seen) == 5:
                break
    assert search.result.state in ("stopped", "complete")
    assert len(seen) == 5
    again = cluster.search(orders, words="paid", progress=told.append)
    assert len([record async for record in again]) == 2_000
    assert again.result.complete
    last = told[-1]
    assert (last.state, dict(last.counts)["matched"]) == ("done", 2_000)
    assert sum(dict(part.counts)["scanned"] for part in last.parts) == 2_000
    assert {part.remaining for part in last.parts} == {0}


async def test_a_cancelled_search_says_so_and_keeps_what_it_found(cluster, orders):
    search = cluster.search(orders, words="paid")
    search.cancel()
    stopped = await search
    assert (stopped.state, stopped.reason) == ("stopped", "it was cancelled")
    running = cluster.search(orders, words="paid")
    task = asyncio.ensure_future(running._run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    with pytest.raises(RuntimeError, match="run already"):
        await search


@pytest.mark.parametrize("conditions", [{"where": "nowhere = 1"}, {"where": "1 = 1; drop table x"}, {"regex": "("}])
async def test_a_condition_that_cannot_be_used_ends_it_before_reading(cluster, orders, conditions):
    with pytest.raises(ValidationError, match="cannot be"):
        await cluster.search(orders, **conditions)


async def test_a_condition_that_fails_on_a_record_is_an_error_with_its_reason(cluster, orders):
    search = cluster.search(orders, where="value::int > 1")
    with pytest.raises(ValidationError, match="condition cannot be used"):
        await search
    assert search.result.state == "stopped"
    assert ".;" not in search.result.ended


async def test_what_cannot_be_decoded_is_counted_and_other_formats_are_read(cluster, topic):
    name = await topic()
    packed = msgpack.packb({"state": MARK, "n": 1})
    typed = ((b"content-type", b"application/msgpack"),)
    rows = [
        NewRecord(name, b"a", packed, typed),
        NewRecord(name, b"b", b"\x00\x00\x00\x00\x07\x02\xff", ()),
        NewRecord(name, b"c", b'{"cut": ', ()),
        NewRecord(name, b"d", None, ()),
        NewRecord(name, None, b"\xff\xfe<script>", ((b"\xff", None),)),
        NewRecord(name, b"f", json.dumps({"state": MARK}).encode(), ()),
        NewRecord(name, b"g", b"", ()),
    ]
    await send(cluster, rows)
    by_payload = await cluster.search(name, where=f"payload->>'state' = '{MARK}'")
    assert [record.key for record in by_payload] == [b"a", b"f"]
    # Of the others the bytes show that they do not hold the text.
    assert by_payload.partitions[0].undecoded == 2
    assert (await cluster.search(name, where="payload->>'state' like 'planted%'")).partitions[0].undecoded == 4
    assert by_payload.complete
    by_format = await cluster.search(name, where="format in ('raw', 'damaged')")
    assert [record.key for record in by_format] == [b"b", b"c", None, b"g"]
    assert by_format.partitions[0].undecoded == 4
    by_words = await cluster.search(name, words=MARK)
    assert [record.key for record in by_words] == [b"a", b"f"]
    assert [record.key for record in await cluster.search(name, words="<SCRIPT>")] == [None]
    assert "<script>" not in by_words._repr_html_()


async def test_offsets_below_the_log_start_are_not_asked_for_and_lost_ones_are_said(cluster, orders):
    await cluster.log.delete_records({TopicPartition(orders, 0): 50})
    found = await cluster.search(orders, words=MARK)
    assert found.complete
    lost = await cluster.search(orders, words=MARK, start=0)
    assert lost.state == "incomplete"
    assert lost.ended.startswith(f"not complete: 50 offsets of {orders}/0 could not be read")
    assert lost.provenance()[0]["gaps"] == [{"reason": "expired", "start": 0, "stop": 50}]


async def test_what_was_found_goes_into_trace_capture_and_replay(cluster, orders, tmp_path):
    found = await cluster.search(orders, words=MARK, conventions={"shop": SHOP})
    assert len(found.frame) == 12
    assert found.frame.attrs["provenance"][0]["cluster_id"] == cluster.cluster_id
    assert set(found.frame["event_type"]) == {"order.paid"}
    assert len(found.trace()) == 12
    assert len(found.trace(event_id="e-167")) == 1
    snap = await cluster.capture(found, into=tmp_path / "found.duckdb")
    with snap:
        assert snap.sql("select count(*) n, count(distinct key) k from records").to_dict("records") == [
            {"n": 12, "k": 12}
        ]
        # Each position by itself: nothing is known of what lies between.
        assert int(snap.provenance["records"].sum()) == 12
        plan = await cluster.plan(snap.replay(found))
        assert plan.view().records == 12
    again = await cluster.capture(orders, into=tmp_path / "found.duckdb")
    with again:
        assert again.sql("select count(*) n from records")["n"].tolist() == [2_000]


async def test_compaction_gaps_are_passed():
    log = MemoryLog("holes", keep=True)
    async with log:
        await log.create_topic("kept", partitions=1)
        async with log.writer() as writer:
            await writer.send([order("kept", at, planted=at % 10 == 0) for at in range(100)])
        log.punch_holes(TopicPartition("kept", 0), [*range(5, 15), *range(90, 100)])
        async with await wb.connect("memory://holes") as cluster:
            for newest_first in (False, True):
                found = await cluster.search("kept", words=MARK, newest_first=newest_first)
                assert (numbers(found), found.complete) == ([0, 20, 30, 40, 50, 60, 70, 80], True)
                assert found.partitions[0].scanned == 80
