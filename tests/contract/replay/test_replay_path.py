"""The whole path on both backends: plan, confirm, run, ledger, delivery check."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest
from replay_bench import WRITABLE, read_all, select, until, write

from workbench.errors import ReplayRefused
from workbench.model import NewRecord, TopicPartition
from workbench.replay import Connection, delete_created, plan_from_json, verify_delivery
from workbench.replay.proof import verification as verifying

if TYPE_CHECKING:
    from workbench.model.feeds import Progress

BASE_MS = 1_700_000_000_000
FORTY_DAYS_MS = 40 * 86_400_000
DUPLICATES = ((b"a", None), (b"a", b""), (b"h", b"1"), (b"a", b"x"))
BODIES = [
    (b"k", b"v", ()),
    (b"k", b"v", DUPLICATES),
    (None, b"no key", ()),
    (b"", b"empty key", ((b"", b"empty name"),)),
    (b"k", b"", ()),
    (b"k", None, ((b"why", b"gone"),)),
    (None, None, ()),
    ("Zürich".encode(), bytes(range(256)), (("größe".encode(), b"\xff\x00"),)),
]


def odd_records(topic: str) -> list[NewRecord]:
    """Every shape of body, in partitions 0 and 2, with times that fall, repeat, and span forty days."""
    times = [BASE_MS, BASE_MS - 5, BASE_MS - 5, BASE_MS + FORTY_DAYS_MS, 0, BASE_MS, 1, BASE_MS + 7]
    return [
        NewRecord(topic, key, value, headers, partition, at)
        for partition in (0, 2)
        for (key, value, headers), at in zip(BODIES, times, strict=True)
    ]


def plain(topic: str, count: int, partitions: int = 3) -> list[NewRecord]:
    return [
        NewRecord(topic, b"k%d" % at, b"v%d" % at, ((b"n", b"%d" % at),), at % partitions, BASE_MS + at)
        for at in range(count)
    ]


def bodies(records, *, provenance=True):
    """What must be equal on both sides, by partition."""
    return [
        (
            record.partition,
            record.key,
            record.value,
            tuple(h for h in record.headers if not provenance or not h[0].startswith(b"x-replay")),
            record.timestamp_ms,
        )
        for record in sorted(records, key=lambda r: (r.partition, r.offset))
    ]


@pytest.mark.parametrize("writer", ["transactional", "idempotent"])
@pytest.mark.parametrize("headers", ["provenance", "exact"])
async def test_every_shape_arrives_exactly(bench, writer, headers):
    source, target = await bench.topic(), await bench.topic()
    await write(bench.log, odd_records(source))
    plan = await bench.plan(await select(bench.log, source, writer=writer, headers=headers), target)
    assert plan.refusals == ()
    report = await bench.run(plan)
    assert report.state == "verified", repr(report)
    assert report.counts == {"acked": 16, "skipped": 0, "refused": 0, "failed": 0, "unknown": 0, "unsent": 0}
    original, copied = await read_all(bench.log, source), await read_all(bench.log, target)
    assert bodies(copied) == bodies(original)
    if headers == "exact":
        assert [record.headers for record in copied] == [record.headers for record in original]
    ledger = report.ledger.to_pylist()
    lie = {(record.partition, record.offset): record for record in copied}
    for row in ledger:
        record = lie[row["target_partition"], row["target_offset"]]
        assert (row["target_topic"], row["target_timestamp_ms"]) == (target, record.timestamp_ms)
        assert row["acked_at"] is not None
    assert [row["seq"] for row in ledger] == list(range(16))


async def test_default_target_is_created_and_can_be_deleted_again(bench):
    source = await bench.topic(partitions=4)
    await write(bench.log, plain(source, 40, 4))
    plan = await bench.plan(await select(bench.log, source))
    name = f"{source}.replay.{plan.run_id[:8]}"
    assert plan.facts.target_topics == [name]
    assert await bench.log.describe([name]) == [], "planning creates nothing"
    report = await bench.run(plan, reason="INC-42", by="tester")
    assert report.state == "verified", repr(report)
    (made,) = await bench.log.describe([name])
    assert len(made.partitions) == 4
    assert int(made.config["retention.ms"].value) > time.time() * 1000 - BASE_MS
    assert made.config["message.timestamp.type"].value == "CreateTime"
    assert report.undo.created == (name,)
    await write(bench.log, [NewRecord(name, b"x", b"of others", (), 0, BASE_MS)])
    with pytest.raises(ReplayRefused, match="it has 1 record that the ledger"):
        await delete_created(bench.log, bench.journal, plan.run_id, topic=name)
    with pytest.raises(ReplayRefused, match="did not create"):
        await delete_created(bench.log, bench.journal, plan.run_id, topic=source)
    second = await bench.plan(await select(bench.log, source))
    await bench.run(second)
    (sandbox,) = second.facts.target_topics
    await delete_created(bench.log, bench.journal, second.run_id, topic=sandbox)
    assert await bench.log.describe([sandbox]) == []


async def test_provenance_tells_every_copy_from_its_original(bench):
    source, target, again = await bench.topic(1), await bench.topic(1), await bench.topic(1)
    await write(bench.log, plain(source, 3, 1))
    first = await bench.plan(await select(bench.log, source), target)
    await bench.run(first)
    second = await bench.plan(await select(bench.log, target, timestamps="now"), again)
    before = time.time_ns() // 1_000_000
    report = await bench.run(second)
    assert report.state == "verified", repr(report)
    for seq, record in enumerate(await read_all(bench.log, again)):
        headers = dict(record.headers)
        assert record.headers[0] == (b"n", b"%d" % seq)
        assert len(headers) == len(record.headers), "marks of the first replay are gone"
        assert headers[b"x-replay-id"] == second.run_id.encode()
        assert headers[b"x-replay-chain"] == first.run_id.encode()
        assert headers[b"x-replay-count"] == b"2"
        assert headers[b"x-replay-seq"] == b"%d" % seq
        assert headers[b"x-replay-of"] == f"here/{target}/0/{report.ledger['offset'][seq]}".encode()
        assert headers[b"x-replay-original-timestamp"] == b"%d" % (BASE_MS + seq)
        assert headers[b"x-replay-mode"] == b"recording"
        assert record.timestamp_ms >= before
    third = await bench.plan(await select(bench.log, again), target)
    assert [refusal.rule for refusal in third.refusals] == ["G-9"]


@pytest.mark.parametrize("order", ["offset", "timestamp", "global"])
async def test_order_inside_each_lane(bench, order):
    source, target = await bench.topic(), await bench.topic(2)
    await write(bench.log, plain(source, 30))
    plan = await bench.plan(await select(bench.log, source, order=order, partitions={0: 0, 1: 1, 2: 0}), target)
    report = await bench.run(plan)
    assert report.state == "verified", repr(report)
    values = [record.value for record in await read_all(bench.log, target) if record.partition == 0]
    by_time = [b"v%d" % at for at in range(30) if at % 3 != 1]
    by_place = [b"v%d" % at for part in (0, 2) for at in range(part, 30, 3)]
    assert values == (by_place if order == "offset" else by_time)


@pytest.mark.parametrize("policy", ["murmur2", "crc32", "fnv1a", "round_robin", "fixed(1)"])
async def test_partition_policies_are_planned_and_kept(bench, policy):
    source, target = await bench.topic(), await bench.topic(5)
    await write(bench.log, plain(source, 50))
    plan = await bench.plan(await select(bench.log, source, partitions=policy), target)
    report = await bench.run(plan)
    assert report.state == "verified", repr(report)
    planned = dict(zip(plan.steps["seq"].to_pylist(), plan.steps["target_partition"].to_pylist(), strict=True))
    for record in await read_all(bench.log, target):
        assert planned[int(dict(record.headers)[b"x-replay-seq"])] == record.partition


async def test_a_run_without_confirmation_sends_nothing_and_names_the_token(bench):
    source, target = await bench.topic(), await bench.topic()
    await write(bench.log, plain(source, 3))
    plan = await bench.plan(await select(bench.log, source), target)
    for confirm in (None, "", plan.token[:7], "0" * 8, plan.hash + "0"):
        with pytest.raises(ReplayRefused, match=plan.token):
            await bench.run(plan, confirm=confirm)
    assert await read_all(bench.log, target) == []
    assert bench.journal.run(plan.run_id).state == "planned"
    assert (await bench.run(plan, confirm=plan.hash)).state == "verified"
    with pytest.raises(ReplayRefused, match="one plan is one run"):
        await bench.run(plan)
    assert len(await read_all(bench.log, target)) == 3


async def test_facts_that_changed_since_the_plan_refuse_it(bench):
    source, target = await bench.topic(), await bench.topic()
    await write(bench.log, plain(source, 3))
    plan = await bench.plan(await select(bench.log, source), target)
    await bench.log.add_partitions(target, 4)
    with pytest.raises(ReplayRefused) as refused:
        await bench.run(plan)
    assert refused.value.reasons == [f"G-7: partitions of {target}: planned 3, now 4; plan again."]
    missing = await bench.plan(await select(bench.log, source, create_target=True), bench.name("later"))
    await bench.log.create_topic(missing.facts.target_topics[0], partitions=3)
    with pytest.raises(ReplayRefused, match=r"G-7: exists of .*: planned False, now True"):
        await bench.run(missing)


async def test_connection_rules_are_decided_by_the_one_that_runs(bench):
    source, target = await bench.topic(), await bench.topic()
    await write(bench.log, plain(source, 3))
    plan = await bench.plan(await select(bench.log, source), target, connection=Connection())
    assert [refusal.rule for refusal in plan.refusals] == ["G-3"]
    with pytest.raises(ReplayRefused, match="G-3"):
        await bench.run(plan, connection=Connection())
    guarded = Connection(read_only=False, protected=True)
    for typed in (None, source, [target, source]):
        with pytest.raises(ReplayRefused, match="G-4"):
            await bench.run(plan, connection=guarded, target=typed)
    assert (await bench.run(plan, connection=guarded, target=target)).state == "verified"


async def test_a_plan_for_a_protected_cluster_stays_protected_on_another_connection(bench):
    source, target = await bench.topic(), await bench.topic()
    await write(bench.log, plain(source, 3))
    guarded = Connection(read_only=False, protected=True)
    plan = await bench.plan(await select(bench.log, source), target, connection=guarded)
    for typed in (None, source, f"{target}, {source}"):
        with pytest.raises(ReplayRefused, match="G-4"):
            await bench.run(plan, connection=WRITABLE, target=typed)
    assert (await bench.run(plan, connection=WRITABLE, target=f" {target}, ")).state == "verified"


async def test_groups_on_the_target(bench, group_name):
    source, target = await bench.topic(), await bench.topic()
    await write(bench.log, plain(source, 3))
    group = group_name()
    async with bench.log.member(group, [target], start="earliest"):
        plan = await bench.plan(await select(bench.log, source), target)
        assert [refusal.rule for refusal in plan.refusals] == ["G-6"]
        assert group in str(plan.refusals[0])
        with pytest.raises(ReplayRefused, match="G-6"):
            await bench.run(plan)
        accepted = await bench.plan(await select(bench.log, source, accept_groups=[group]), target)
        assert accepted.refusals == ()
        assert (await bench.run(accepted)).state == "verified"
    late = await bench.plan(await select(bench.log, source, accept_repeats=True), target)
    assert late.refusals == (), "a group that left without committing is gone"
    await bench.log.commit_offsets(group, {TopicPartition(target, 1): 1})
    with pytest.raises(ReplayRefused, match=f"G-6.*{group}"):
        await bench.run(late)
    draft = await select(bench.log, source, accept_groups=[group], accept_repeats=True)
    committed = await bench.plan(draft, target)
    report = await bench.run(committed)
    assert report.undo.offsets_before == {group: {TopicPartition(target, 1): 1}}


async def test_records_of_others_in_between_are_counted_not_blamed(bench):
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, plain(source, 4, 1))
    plan = await bench.plan(await select(bench.log, source), target)
    report = await bench.run(plan)
    assert report.verification.others == 0
    await write(bench.log, plain(target, 2, 1))
    verification = await verify_delivery(bench.log, plan, bench.journal)
    assert verification.passed
    assert (verification.others, verification.later, verification.unread) == (0, 2, 0)


async def test_a_run_of_long_ago_is_not_compared_with_all_that_came_since(bench, monkeypatch):
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, plain(source, 4, 1))
    plan = await bench.plan(await select(bench.log, source), target)
    await bench.run(plan)
    await write(bench.log, plain(target, 50, 1))
    monkeypatch.setattr(verifying, "TAIL_OFFSETS", 20)
    found = await verify_delivery(bench.log, plan, bench.journal)
    assert (found.passed, found.others) == (True, 0)
    # Of 21 offsets one may be the marker of the run's transaction.
    assert found.later in (20, 21)
    assert f"{found.later} behind the last one; {found.unread} later offsets not read" in found.summary
    twin = (await read_all(bench.log, target))[3]
    await write(bench.log, [NewRecord(target, twin.key, twin.value, twin.headers, 0, twin.timestamp_ms)])
    monkeypatch.undo()
    assert not (await verify_delivery(bench.log, plan, bench.journal)).passed, "a second one behind the run is found"


async def test_verification_finds_what_is_wrong(bench):
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, plain(source, 3, 1))
    plan = await bench.plan(await select(bench.log, source), target)
    await bench.run(plan)
    copied = await read_all(bench.log, target)
    forged = NewRecord(target, copied[1].key, b"other", copied[1].headers, 0, BASE_MS)
    await write(bench.log, [forged])
    verification = await verify_delivery(bench.log, plan, bench.journal)
    failed = {check.name for check in verification.checks if check.status == "fail"}
    assert failed == {
        "every record exactly once",
        "positions as in the ledger",
        "key, value and headers equal",
        "order in each lane",
        "timestamps by policy",
    }
    assert bench.journal.run(plan.run_id).state == "not_verified"


async def test_what_could_not_be_read_is_not_passed(bench):
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, plain(source, 3, 1))
    plan = await bench.plan(await select(bench.log, source), target)
    await bench.run(plan)
    await bench.log.delete_records({TopicPartition(target, 0): 2})
    verification = await verify_delivery(bench.log, plan, bench.journal)
    assert not verification.passed
    status = {check.name: check.status for check in verification.checks}
    assert status["every record exactly once"] == "not checked"
    await bench.log.delete_topic(target)
    gone = await verify_delivery(bench.log, plan, bench.journal)
    assert [check.status for check in gone.checks] == ["fail"]


async def test_a_refused_record_is_left_out_and_in_the_ledger(bench):
    source, target = await bench.topic(1), await bench.topic(1, max__message__bytes="2000")
    big = NewRecord(source, b"big", b"x" * 3000, (), 0, BASE_MS)
    await write(bench.log, [*plain(source, 2, 1), big, *plain(source, 2, 1)])
    draft = await select(bench.log, source)
    assert [refusal.rule for refusal in (await bench.plan(draft, target)).refusals] == ["G-13"]
    report = await bench.run(await bench.plan(draft.replace(skip_refused=True), target))
    assert report.state == "verified", repr(report)
    assert report.ledger["outcome"].to_pylist() == ["acked", "acked", "refused", "acked", "acked"]
    assert report.ledger["reason"][2].as_py() == "G-13"


async def test_rates_are_kept_and_batches_are_cut_by_time(bench):
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, plain(source, 30, 1))
    plan = await bench.plan(await select(bench.log, source, records_per_s=20), target)
    assert plan.estimates.duration_s == 1.5
    seen = []
    began = time.monotonic()
    report = await bench.run(plan, progress=seen.append)
    assert time.monotonic() - began >= 1.3
    assert report.state == "verified", repr(report)
    assert [progress.state for progress in seen][:: len(seen) - 1] == ["running", "done"]
    assert seen[-1].parts[0].position == 30


async def test_cancelling_aborts_the_open_transaction(bench):
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, plain(source, 200, 1))
    plan = await bench.plan(await select(bench.log, source, records_per_s=10), target)
    run = asyncio.ensure_future(bench.run(plan))
    await until(lambda: bench.journal.transactions(plan.run_id).num_rows == 1)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    row = bench.journal.run(plan.run_id)
    assert (row.state, row.error) == ("stopped", "stopped on request")
    assert bench.journal.transactions(plan.run_id)["state"].to_pylist() == ["aborted"]
    assert await read_all(bench.log, target) == []
    assert set(bench.journal.ledger(plan.run_id)["outcome"].to_pylist()) == {"skipped"}


async def test_a_broken_listener_does_not_break_the_run(bench, caplog):
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, plain(source, 2, 1))
    plan = await bench.plan(await select(bench.log, source), target)

    def broken(_progress: Progress) -> None:
        raise RuntimeError("no screen")

    assert (await bench.run(plan, progress=broken)).state == "verified"
    assert "is not called again" in caplog.text


async def test_a_journaled_plan_is_made_again_and_runs(bench):
    source, target = await bench.topic(), await bench.topic()
    await write(bench.log, plain(source, 6))
    draft = await select(bench.log, source, partitions="murmur2", records_per_s=2.5e5)
    plan = await bench.plan(draft, target)
    bench.journal.add_plan(plan.to_json(), writer_mode=plan.options.writer)
    stored = bench.journal.planned(plan.token)
    same = plan_from_json(stored.plan, await select(bench.log, source))
    assert (same.hash, same.document, same.facts) == (plan.hash, plan.document, plan.facts)
    await write(bench.log, plain(source, 1))
    with pytest.raises(ReplayRefused, match="G-7"):
        plan_from_json(stored.plan, await select(bench.log, source))
    assert (await bench.run(same)).state == "verified"


async def test_report_and_ledger_leave_the_process(bench, tmp_path):
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, plain(source, 2, 1))
    plan = await bench.plan(await select(bench.log, source), target)
    report = await bench.run(plan, reason="INC-42", by="tester")
    report.to_parquet(tmp_path / "ledger.parquet")
    table = pq.read_table(tmp_path / "ledger.parquet")
    assert table.equals(report.ledger)
    run = json.loads(table.schema.metadata[b"workbench.replay"])
    assert (run["run_id"], run["plan_hash"], run["state"]) == (plan.run_id, plan.hash, "verified")
    assert (run["reason"], run["confirmed_by"], run["started_at"] <= run["finished_at"]) == ("INC-42", "tester", True)
    assert f"plan: {plan.token}\n  confirmed: by tester: INC-42" in repr(report)
    frame = report.frame
    assert list(frame["outcome"]) == ["acked", "acked"]
    assert frame["body_sha256"][0] == plan.records.digests[0].tobytes().hex()
    assert "level 1: delivery verified" in repr(report)
    assert plan.run_id in report._repr_html_()
    assert report.exit_status == 0
    row = bench.journal.run(plan.run_id)
    assert (row.reason, row.confirmed_by, row.state) == ("INC-42", "tester", "verified")
    assert row.created_at <= row.confirmed_at <= row.started_at <= row.finished_at
    with bench.journal._connection.cursor() as cursor:
        found = cursor.execute('SELECT action, who, reason, topic, records, result FROM audit ORDER BY "at"').fetchall()
    assert found == [
        ("replay.batch", "tester", "INC-42", target, 2, "committed"),
        ("replay", "tester", "INC-42", target, 2, "done"),
    ]


async def test_log_append_time_is_said_and_is_no_failure(bench):
    source = await bench.topic(1)
    target = await bench.topic(1, message__timestamp__type="LogAppendTime")
    await write(bench.log, plain(source, 2, 1))
    plan = await bench.plan(await select(bench.log, source), target)
    assert any("overwrites timestamps" in text for text in plan.warnings)
    report = await bench.run(plan, connection=WRITABLE)
    assert report.state == "verified", repr(report)
