from __future__ import annotations

import asyncio
import json
import subprocess
import time

import pytest

from workbench.bus.kafka.producing import queues
from workbench.errors import PublishError, WorkbenchError
from workbench.model import NewRecord, Span, TopicPartition

pytestmark = pytest.mark.broker


def rows(chunks) -> list[dict]:
    return [row for chunk in chunks for row in chunk.records.to_pylist()]


async def test_every_part_of_a_record_survives(log, topic, read_all):
    name = await topic()
    records = [
        NewRecord(name, b"k", b"v", ((b"a", b"1"), (b"a", None), (b"a", b"")), 0, 1_600_000_000_123),
        NewRecord(name, None, None, (), 0, 1_600_000_000_123 + 40 * 86_400_000),
        NewRecord(name, b"", b"", ((b"\xff\x00", b"\xfe"), (b"", None)), 0, 0),
        NewRecord(name, b"tombstone", None, (), 0, 1_600_000_000_000),
    ]
    async with log.writer() as writer:
        outcomes = await writer.send(records)
    assert [(o.status, o.partition, o.offset, o.timestamp_ms) for o in outcomes] == [
        ("acked", 0, i, record.timestamp_ms) for i, record in enumerate(records)
    ]
    found = rows(await read_all([Span(name, 0, 0, 4)]))
    assert [
        (r["key"], r["value"], tuple((h["name"], h["value"]) for h in r["headers"]), r["timestamp_ms"]) for r in found
    ] == [(r.key, r.value, r.headers, r.timestamp_ms) for r in records]


async def test_kcat_reads_what_was_written(log, topic, kafka_address):
    name, start = await topic(), 1_700_000_000_000
    async with log.writer() as writer:
        await writer.send([NewRecord(name, b"k%d" % i, b"v" * i, ((b"h", b"x"),), 0, start + i) for i in range(50)])
    command = ["kcat", "-C", "-e", "-q", "-J", "-b", kafka_address, "-t", name, "-o", "beginning"]
    done = await asyncio.to_thread(subprocess.run, command, capture_output=True, check=True, timeout=60)
    seen = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(r["key"], r["payload"], r["ts"], r["headers"]) for r in seen] == [
        (f"k{i}", "v" * i, 1_700_000_000_000 + i, ["h", "x"]) for i in range(50)
    ]


async def test_partitions_are_chosen_as_the_java_client_does(log, topic):
    name = await topic(partitions=6)
    async with log.writer() as writer:
        keys = [b"TT0124", b"user-123", b"order-1", b"", b"a"]
        outcomes = await writer.send([NewRecord(name, key, b"v") for key in keys])
        assert [outcome.partition for outcome in outcomes] == [4, 2, 4, 3, 4]
        outcomes = await writer.send([NewRecord(name, None, b"v") for _ in range(12)])
        assert sorted(outcome.partition for outcome in outcomes) == sorted([*range(6), *range(6)])


async def test_a_record_the_broker_refuses_fails_alone_and_leaves_no_hole(log, topic, read_all):
    name = await topic(max_message_bytes="100000")
    async with log.writer() as writer:
        values = [b"a", b"b", b"x" * 200_000, b"c", b"d"]
        outcomes = await writer.send([NewRecord(name, value=value, partition=0) for value in values])
        assert [o.status for o in outcomes] == ["acked", "acked", "failed", "acked", "acked"]
        assert isinstance(outcomes[2].error, PublishError)
        assert outcomes[2].error.cause_code == "MESSAGE_TOO_LARGE"
        more = await writer.send([NewRecord(name, value=b"e", partition=0)])
        assert [(o.status, o.offset) for o in more] == [("acked", 4)]
    assert [r["value"] for r in rows(await read_all([Span(name, 0, 0, 5)]))] == [b"a", b"b", b"c", b"d", b"e"]


async def test_a_record_that_is_refused_between_batches_under_way(log, topic, read_all):
    """The batches behind it are refused too, because they would overtake, and are sent again."""
    name = await topic()
    values = [b"%d" % at + b"x" * (1_200_000 if at == 4_000 else 1_000) for at in range(8_000)]
    async with log.writer() as writer:
        outcomes = await writer.send([NewRecord(name, b"k", value, (), 0) for value in values])
    assert [at for at, outcome in enumerate(outcomes) if outcome.status != "acked"] == [4_000]
    assert outcomes[4_000].error.cause_code == "MESSAGE_TOO_LARGE"
    found = rows(await read_all([Span(name, 0, 0, 7_999)]))
    assert [row["value"] for row in found] == values[:4_000] + values[4_001:]


async def test_a_timestamp_the_broker_refuses(log, topic):
    name = await topic(message_timestamp_after_max_ms="1000")
    future = int(time.time() * 1000) + 86_400_000
    async with log.writer() as writer:
        outcomes = await writer.send(
            [NewRecord(name, value=b"%d" % i, partition=0, timestamp_ms=future if i == 1 else None) for i in range(3)]
        )
    assert [o.status for o in outcomes] == ["acked", "failed", "acked"]
    assert outcomes[1].error.cause_code == "INVALID_TIMESTAMP"


async def test_a_null_key_to_a_compacted_topic(log, topic):
    name = await topic(cleanup_policy="compact")
    async with log.writer() as writer:
        outcomes = await writer.send(
            [NewRecord(name, b"k", b"v", partition=0), NewRecord(name, None, b"v", partition=0)]
        )
    assert [o.status for o in outcomes] == ["acked", "failed"]
    assert outcomes[1].error.cause_code == "INVALID_RECORD"


async def test_what_does_not_exist_fails_at_once(log, topic, topic_name):
    name = await topic(partitions=2)
    started = time.monotonic()
    async with log.writer() as writer:
        outcomes = await writer.send(
            [NewRecord(topic_name(), value=b"v"), NewRecord(name, value=b"v", partition=2), NewRecord(name, value=b"v")]
        )
    assert [o.status for o in outcomes] == ["failed", "failed", "acked"]
    assert all(isinstance(o.error, PublishError) for o in outcomes[:2])
    assert "2 partitions" in str(outcomes[1].error)
    assert time.monotonic() - started < 20


async def test_append_time_is_told(log, topic):
    name = await topic(message_timestamp_type="LogAppendTime")
    async with log.writer() as writer:
        (outcome,) = await writer.send([NewRecord(name, value=b"v", timestamp_ms=1000)])
    assert outcome.timestamp_ms > 1_700_000_000_000


async def test_acknowledged_by_the_leader_only(log, topic, read_all):
    name = await topic()
    async with log.writer(acks="leader") as writer:
        outcomes = await writer.send([NewRecord(name, value=b"%d" % i, partition=0) for i in range(3)])
    assert [(o.status, o.offset) for o in outcomes] == [("acked", 0), ("acked", 1), ("acked", 2)]
    assert len(rows(await read_all([Span(name, 0, 0, 3)]))) == 3


async def test_a_lost_answer_is_asked_for_again_without_doubling(log, topic, read_all):
    """The socket dies after the request went out; the repeated batch is recognised by its numbers."""
    name = await topic()
    async with log.writer() as writer:
        await writer.send([NewRecord(name, value=b"first", partition=0)])
        purpose, connections = writer._delivery.attempts._purpose, log._session.connections
        node = connections.nodes[0]
        for number in range(5):
            sending = asyncio.create_task(writer.send([NewRecord(name, value=b"%d" % number, partition=0)]))
            socket = await connections.socket(node, purpose)
            while not socket._requests and not sending.done():  # noqa: ASYNC110 - the moment has no event
                await asyncio.sleep(0)
            socket.close()
            (outcome,) = await sending
            assert (outcome.status, outcome.offset) == ("acked", number + 1)
    found = rows(await read_all([Span(name, 0, 0, 6)]))
    assert [r["value"] for r in found] == [b"first", b"0", b"1", b"2", b"3", b"4"]


async def test_a_cancelled_send_leaves_a_usable_writer(log, topic):
    name = await topic()
    async with log.writer() as writer:
        await writer.send([NewRecord(name, value=b"x", partition=0)])
        sending = asyncio.create_task(writer.send([NewRecord(name, value=b"y", partition=0)]))
        await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        (outcome,) = await writer.send([NewRecord(name, value=b"z", partition=0)])
        assert outcome.status == "acked"


class TestTransactions:
    async def test_all_or_nothing_over_topics(self, log, topic, topic_name, read_all):
        one, two = await topic(partitions=2), await topic()
        async with log.writer(transactional_id=topic_name("tx")) as writer:
            for value, keep in ((b"no", False), (b"yes", True)):
                await writer.begin()
                outcomes = await writer.send(
                    [
                        NewRecord(one, value=value, partition=0),
                        NewRecord(one, value=value, partition=1),
                        NewRecord(two, value=value),
                    ]
                )
                assert {o.status for o in outcomes} == {"acked"}
                await (writer.commit() if keep else writer.abort())
        spans = [Span(one, 0, 0, 4), Span(one, 1, 0, 4), Span(two, 0, 0, 4)]
        chunks = await read_all(spans)
        assert [r["value"] for r in rows(chunks)] == [b"yes"] * 3
        assert sum(c.aborted for c in chunks) == 3
        assert sum(c.control for c in chunks) == 6

    async def test_an_empty_transaction(self, log, topic_name):
        async with log.writer(transactional_id=topic_name("tx")) as writer:
            await writer.begin()
            await writer.commit()
            await writer.begin()
            await writer.abort()

    async def test_a_second_owner_fences_the_first(self, log, topic, topic_name, read_all):
        name, key = await topic(), topic_name("tx")
        async with log.writer(transactional_id=key) as first:
            await first.begin()
            await first.send([NewRecord(name, value=b"first", partition=0)])
            async with log.writer(transactional_id=key) as second:
                (outcome,) = await first.send([NewRecord(name, value=b"late", partition=0)])
                assert outcome.status == "failed"
                with pytest.raises(WorkbenchError, match="Abort it"):
                    await first.commit()
                await second.begin()
                await second.send([NewRecord(name, value=b"second", partition=0)])
                await second.commit()
        end = (await log.offsets([TopicPartition(name, 0)], "latest"))[TopicPartition(name, 0)]
        assert [r["value"] for r in rows(await read_all([Span(name, 0, 0, end)]))] == [b"second"]

    async def test_fenced_at_commit(self, log, topic, topic_name):
        name, key = await topic(), topic_name("tx")
        async with log.writer(transactional_id=key) as first:
            await first.begin()
            await first.send([NewRecord(name, value=b"first", partition=0)])
            async with log.writer(transactional_id=key):
                with pytest.raises(PublishError, match="another writer"):
                    await first.commit()

    async def test_a_failed_record_leaves_only_abort(self, log, topic, topic_name):
        name = await topic(max_message_bytes="100000")
        async with log.writer(transactional_id=topic_name("tx")) as writer:
            await writer.begin()
            (outcome,) = await writer.send([NewRecord(name, value=b"x" * 200_000)])
            assert outcome.status == "failed"
            with pytest.raises(WorkbenchError, match="abort it first"):
                await writer.send([NewRecord(name, value=b"y")])
            with pytest.raises(WorkbenchError, match="Abort it"):
                await writer.commit()
            await writer.abort()
            await writer.begin()
            (outcome,) = await writer.send([NewRecord(name, value=b"y")])
            await writer.commit()
            assert outcome.status == "acked"

    async def test_misuse_is_told(self, log, topic_name):
        async with log.writer() as plain:
            with pytest.raises(WorkbenchError, match="without a transactional id"):
                await plain.begin()
        async with log.writer(transactional_id=topic_name("tx")) as writer:
            with pytest.raises(WorkbenchError, match="begin one first"):
                await writer.send([NewRecord("t", value=b"v")])
            with pytest.raises(WorkbenchError, match="Begin one first"):
                await writer.commit()
            with pytest.raises(WorkbenchError, match="is open"):
                await writer.abort()
            await writer.begin()
            with pytest.raises(WorkbenchError, match="end it first"):
                await writer.begin()

    async def test_closing_aborts_at_once(self, log, topic, topic_name):
        name = await topic()
        partition = TopicPartition(name, 0)
        async with log.writer(transactional_id=topic_name("tx")) as writer:
            await writer.begin()
            await writer.send([NewRecord(name, value=b"v", partition=0)])
        async with asyncio.timeout(10):
            while (await log.offsets([partition], "latest"))[partition] != 2:  # noqa: ASYNC110 - it sends no event
                await asyncio.sleep(0.05)


async def test_a_topic_deleted_under_the_writer(log, topic_name):
    name = topic_name()
    await log.create_topic(name)
    async with log.writer() as writer:
        (first,) = await writer.send([NewRecord(name, value=b"v")])
        await log.delete_topic(name)
        (second,) = await writer.send([NewRecord(name, value=b"v")])
    assert (first.status, second.status) == ("acked", "failed")
    assert isinstance(second.error, PublishError)


class TestLostAnswers:
    """The answer to a batch is lost; what the log has is looked up before the batch is sent again."""

    @pytest.fixture
    def lose(self, log, monkeypatch):
        """Lose answers: in ``lose([True, False])`` the first request is sent, the second one is not."""

        def lose(plan: list[bool], produced: list[int]) -> None:
            connections = log._open.connections
            send = connections.send

            async def losing(node: int, request: object, *purpose: str) -> object:
                if type(request).__name__ != "ProduceRequest":
                    return await send(node, request, *purpose)
                produced.append(node)
                if not plan:
                    return await send(node, request, *purpose)
                if plan.pop(0):
                    await send(node, request, *purpose)
                raise ConnectionResetError("the answer was lost")

            monkeypatch.setattr(connections, "send", losing)

        return lose

    @pytest.mark.parametrize("lost", [(True,), (False,), (False, True)])
    @pytest.mark.parametrize("age_ms", [0, 68 * 86_400_000])
    async def test_what_was_appended_is_not_sent_again(self, log, topic, lose, lost, age_ms):
        name, produced = await topic(), []
        now = int(time.time() * 1000)
        records = [NewRecord(name, b"k", b"v%d" % at, ((b"h", b"%d" % at),), 0, now - age_ms + at) for at in range(50)]
        async with log.writer() as writer:
            assert [o.offset for o in await writer.send(records[:10])] == list(range(10))
            lose(list(lost), produced)
            outcomes = await writer.send(records[10:40])
            assert [(o.status, o.offset) for o in outcomes] == [("acked", at) for at in range(10, 40)]
            assert [o.offset for o in await writer.send(records[40:])] == list(range(40, 50))
        # A batch that was appended needs no second request, however its answer was lost.
        assert len(produced) == (1 if lost[0] else 2) + 1
        async with log.reader([Span(name, 0, 0, 50)]) as reader:
            found = []
            while not reader.done:
                found += rows(await reader.read())
        assert [row["value"] for row in found] == [record.value for record in records]

    @pytest.mark.parametrize("lost", [(True,), (False,), (True, True, False), (False, True, True, True, True)])
    async def test_several_batches_under_way(self, log, topic, lose, lost, monkeypatch):
        """Of ten batches the first answers are lost: each record is there once, in order."""
        monkeypatch.setattr(queues, "BATCH_RECORDS", 10)
        for transactional in (False, True):
            name, produced = await topic(), []
            records = [NewRecord(name, b"k", b"v%d" % at, (), 0) for at in range(110)]
            async with log.writer(transactional_id=name if transactional else None) as writer:
                if transactional:
                    await writer.begin()
                await writer.send(records[:10])
                lose(list(lost), produced)
                outcomes = await writer.send(records[10:])
                if transactional:
                    await writer.commit()
            assert [(o.status, o.offset) for o in outcomes] == [("acked", at) for at in range(10, 110)]
            assert len(produced) >= 10
            async with log.reader([Span(name, 0, 0, 110)]) as reader:
                found = []
                while not reader.done:
                    found += rows(await reader.read())
            assert [row["value"] for row in found] == [record.value for record in records]

    async def test_the_same_records_of_an_earlier_call_are_not_taken_for_it(self, log, topic, lose):
        name, produced = await topic(), []
        same = [NewRecord(name, b"k", b"v", (), 0)] * 3
        async with log.writer() as writer:
            await writer.send(same)
            lose([False], produced)
            assert [o.offset for o in await writer.send(same)] == [3, 4, 5]
        assert len(produced) == 2
