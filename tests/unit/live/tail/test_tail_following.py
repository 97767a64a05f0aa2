from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from workbench.bus import open_log
from workbench.errors import UnknownTopicError, ValidationError
from workbench.live import discoveries
from workbench.live import tail as tail_module
from workbench.live.partitions import new_spans
from workbench.live.tail import TailFeed
from workbench.model import NewRecord, Span
from workbench.model.selecting.topic_selection import parse_topics
from workbench.tasks import Supervisor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model import TopicPartition

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]

PATIENCE_S = 40.0


async def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < limit, "the condition did not come true"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def topic(log: RecordLog, name: str, partitions: int = 2) -> AsyncIterator[str]:
    await log.create_topic(name, partitions=partitions)
    try:
        yield name
    finally:
        await log.delete_topic(name)


async def write(log: RecordLog, name: str, first: int, count: int, **extra: Any) -> None:
    records = [
        NewRecord(name, key=f"k{n}".encode(), value=f'{{"n": {n}}}'.encode(), partition=n % 2, **extra)
        for n in range(first, first + count)
    ]
    async with log.writer() as writer:
        outcomes = await writer.send(records)
    assert {outcome.status for outcome in outcomes} == {"acked"}


@asynccontextmanager
async def tailing(log: RecordLog, name: str, *, start: int = 0, **options: Any) -> AsyncIterator[TailFeed]:
    supervisor = Supervisor()
    spans = [Span(name, partition, start, None) for partition in range(2)]
    feed = TailFeed(log, spans, name=name, supervisor=supervisor, **options).start()
    try:
        yield feed
    finally:
        await feed.aclose()
        await supervisor.aclose()


async def test_what_is_written_arrives_once_each_and_in_order(
    kafka_address: str, topic_name: Callable[..., str]
) -> None:
    async with open_log(f"kafka://{kafka_address}") as log, topic(log, topic_name()) as name:
        await write(log, name, 0, 50)
        async with tailing(log, name) as feed:
            await until(lambda: feed.stats.total == 50)
            await write(log, name, 50, 50)
            await until(lambda: feed.stats.total == 100)
            stats = feed.stats
            assert (stats.state, stats.held, stats.dropped, stats.behind) == ("live", 100, 0, 0)
            rows = feed.window(0, 200)
            for partition in range(2):
                mine = [row.identity.offset for row in rows if row.identity.partition == partition]
                assert mine == list(range(50))
            assert {row.identity for row in rows} == set(feed.resolve(0, 200, 1_000))
            detail = feed.record(rows[-1].identity)
            assert detail is not None
            assert detail.body == '{\n  "n": 99\n}'
        assert feed.stats.state == "stopped"


async def test_a_tail_leaves_no_group_behind(kafka_address: str, topic_name: Callable[..., str]) -> None:
    async with open_log(f"kafka://{kafka_address}") as log, topic(log, topic_name()) as name:
        before = set(await log.groups())
        await write(log, name, 0, 4)
        async with tailing(log, name) as feed:
            await until(lambda: feed.stats.total == 4)
            for group in set(await log.groups()) - before:
                assert name not in {partition.topic for partition in await log.committed(group)}


async def test_the_ring_drops_and_counts(kafka_address: str, topic_name: Callable[..., str]) -> None:
    async with (
        open_log(f"kafka://{kafka_address}") as log,
        topic(log, topic_name()) as name,
        tailing(log, name, limit_rows=100) as feed,
    ):
        await until(lambda: feed.stats.state == "live")
        for first in range(0, 400, 40):
            await write(log, name, first, 40)
        await until(lambda: feed.stats.behind == 0 and feed.stats.total + feed._passed_over == 400)
        stats = feed.stats
        assert stats.held <= 100
        assert stats.held + stats.dropped == 400


async def test_filters_hold_for_old_and_new_rows(kafka_address: str, topic_name: Callable[..., str]) -> None:
    async with open_log(f"kafka://{kafka_address}") as log, topic(log, topic_name()) as name:
        await write(log, name, 0, 20)
        async with tailing(log, name) as feed:
            await until(lambda: feed.stats.total == 20)
            await feed.set_filter("where partition = 1")
            assert feed.stats.end == 10
            await write(log, name, 20, 20)
            await until(lambda: feed.stats.end == 20)
            with pytest.raises(ValidationError):
                await feed.set_filter("where (")
            assert feed.stats.end == 40
            assert "all rows are shown: The filter cannot be read" in feed.stats.note
            await feed.set_filter("k7")
            assert [row.cells[4] for row in feed.window(0, 10)] == ["k7"]
            await feed.set_filter("")
            assert feed.stats.end == 40


async def test_a_filter_that_fails_on_a_later_record_is_lifted_and_named(
    kafka_address: str, topic_name: Callable[..., str]
) -> None:
    async with (
        open_log(f"kafka://{kafka_address}") as log,
        topic(log, topic_name()) as name,
        tailing(log, name) as feed,
    ):
        await until(lambda: feed.stats.state == "live")
        await feed.set_filter("where key::int > 0")
        await write(log, name, 0, 4)
        await until(lambda: feed.stats.total == 4)
        assert feed.stats.end == 4
        assert "all rows are shown" in feed.stats.note


async def test_paused_it_reads_nothing_and_returns_to_the_present(
    kafka_address: str, topic_name: Callable[..., str]
) -> None:
    async with (
        open_log(f"kafka://{kafka_address}") as log,
        topic(log, topic_name()) as name,
        tailing(log, name, limit_rows=100) as feed,
    ):
        await write(log, name, 0, 20)
        await until(lambda: feed.stats.total == 20)
        feed.pause()
        await until(lambda: feed.stats.state == "paused")
        assert feed.stats.behind is None
        await write(log, name, 20, 500)
        assert feed.stats.total == 20
        feed.resume()
        await until(lambda: feed.stats.behind == 0)
        stats = feed.stats
        assert stats.total == 120
        assert stats.dropped >= 400
        assert stats.held + stats.dropped == 520
        assert feed.window(stats.end - 1, stats.end)[0].cells[5] in ('{"n": 519}', '{"n": 518}')


async def test_a_bounded_tail_ends(kafka_address: str, topic_name: Callable[..., str]) -> None:
    async with open_log(f"kafka://{kafka_address}") as log, topic(log, topic_name()) as name:
        await write(log, name, 0, 20)
        supervisor = Supervisor()

        async def spans() -> list[Span]:
            return [Span(name, partition, 0, 7) for partition in range(2)]

        feed = TailFeed(log, spans, name=name, supervisor=supervisor).start()
        await until(lambda: feed.stats.state == "ended")
        assert (feed.stats.total, feed.stats.behind) == (14, 0)
        await supervisor.aclose()
        await feed.aclose()
        assert feed.stats.state == "ended"


async def test_a_topic_that_is_not_there_is_a_named_failure(kafka_address: str, topic_name: Callable[..., str]) -> None:
    async with open_log(f"kafka://{kafka_address}") as log:
        supervisor = Supervisor()
        feed = TailFeed(log, [Span(topic_name(), 0, 0, None)], name="gone", supervisor=supervisor).start()
        await until(lambda: feed.stats.state == "failed")
        assert feed.stats.note
        assert isinstance(supervisor.failures[0].error, UnknownTopicError)
        await supervisor.aclose()
        await feed.aclose()


async def test_a_live_tail_that_falls_behind_skips_to_the_present(
    kafka_address: str, topic_name: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail_module, "READ_BYTES", 2_000)
    async with (
        open_log(f"kafka://{kafka_address}") as log,
        topic(log, topic_name()) as name,
        tailing(log, name, limit_rows=50) as feed,
    ):
        await write(log, name, 0, 10)
        await until(lambda: feed.stats.total == 10)
        await write(log, name, 10, 3_000)
        await until(lambda: feed.stats.behind == 0 and feed.stats.held + feed.stats.dropped == 3_010)


async def test_partitions_added_at_a_broker_are_read_from_their_start(
    kafka_address: str, topic_name: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discoveries, "METADATA_S", 0.2)
    async with open_log(f"kafka://{kafka_address}") as log, topic(log, topic_name(), 1) as name:
        selection = parse_topics(f"{name}*")

        async def discover(known: Sequence[TopicPartition]) -> list[Span]:
            return await new_spans(log, selection, known)

        supervisor = Supervisor()
        spans = [Span(name, 0, 0, None)]
        feed = TailFeed(log, spans, name=name, supervisor=supervisor, discover=discover).start()
        await until(lambda: feed.stats.state == "live")
        await log.add_partitions(name, 2)
        await write(log, name, 0, 20)
        async with topic(log, f"{name}.eu") as second:
            await write(log, second, 0, 10)
            await until(lambda: feed.stats.total == 30)
            assert f"topic {second} appeared meanwhile, and is read from its start" in feed.stats.note
            rows = feed.window(0, 30)
            assert {(row.identity.topic, row.identity.partition) for row in rows} == {
                (name, 0),
                (name, 1),
                (second, 0),
                (second, 1),
            }
            assert {row.identity.offset for row in rows if row.identity.topic == name} == set(range(10))
            await feed.aclose()
        await supervisor.aclose()
        assert supervisor.failures == ()


async def test_what_an_open_transaction_holds_is_said_until_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discoveries, "METADATA_S", 0.05)
    async with open_log("memory://held") as log:
        await log.create_topic("orders", partitions=2)

        async def discover(known: Sequence[TopicPartition]) -> list[Span]:
            return await new_spans(log, parse_topics("orders"), known)

        supervisor = Supervisor()
        spans = [Span("orders", number, 0, None) for number in range(2)]
        feed = TailFeed(log, spans, name="orders", supervisor=supervisor, discover=discover).start()
        async with log.writer(transactional_id="t") as writer:
            await writer.begin()
            await writer.send([NewRecord("orders", value=b"x", partition=1) for _ in range(3)])
            said = "orders/1: 3 offsets held by an open transaction since offset 0: not readable yet"
            await until(lambda: feed.stats.note == said)
            await writer.commit()
        await until(lambda: feed.stats.note == "" and feed.stats.total == 3)
        await feed.aclose()
        await supervisor.aclose()
        assert supervisor.failures == ()
