"""The life of a tail on the memory bus: new partitions and topics, filters that fail, memory that is given back."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from workbench.bus import silence
from workbench.bus.memory import MemoryLog
from workbench.errors import ValidationError
from workbench.live import discoveries
from workbench.live import tail as tail_module
from workbench.live.memory import MemoryBudget
from workbench.live.partitions import new_spans
from workbench.live.tail import TailFeed
from workbench.model import NewRecord, Span, TopicPartition
from workbench.model.selecting.topic_selection import parse_topics
from workbench.tasks import Supervisor

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

PATIENCE_S = 15.0


async def until(condition: Callable[[], object]) -> None:
    limit = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < limit, "the condition did not come true"
        await asyncio.sleep(0.01)


@asynccontextmanager
async def following(name: str, *topics: str, **options: Any) -> AsyncIterator[tuple[MemoryLog, TailFeed, Supervisor]]:
    tasks = Supervisor()
    async with MemoryLog(name) as log:
        for topic in topics:
            await log.create_topic(topic, partitions=2)
        spans = [Span(topic, partition, 0, None) for topic in topics for partition in range(2)]
        feed = TailFeed(log, spans, name=name, supervisor=tasks, **options).start()
        await until(lambda: feed.stats.state == "live")
        yield log, feed, tasks
        await feed.aclose()
        await tasks.aclose()


async def write(log: MemoryLog, topic: str, count: int, partition: int = 0, value: bytes = b'{"n": 1}') -> None:
    async with log.writer() as writer:
        await writer.send([NewRecord(topic, key=b"k%d" % n, value=value, partition=partition) for n in range(count)])


async def test_a_filter_that_cannot_be_used_shows_all_rows_and_says_so() -> None:
    async with following("faulty", "orders") as (log, feed, _):
        await write(log, "orders", 20)
        await until(lambda: feed.stats.total == 20)
        await feed.set_filter("where offset < 5")
        assert feed.stats.end == 5
        for faulty in ("where nowhere = 1", "where (", "where key::int > 3", "where true) union select 5 where (true"):
            await feed.set_filter("k7")
            assert feed.stats.end == 1
            with pytest.raises(ValidationError):
                await feed.set_filter(faulty)
            assert feed.stats.end == 20
            assert feed.stats.note.startswith("all rows are shown: The filter")
            assert not feed.stats.filtering
        await feed.set_filter("")
        assert feed.stats.note == ""


@pytest.mark.parametrize("text", ["99999999999999999999", "where offset = 99999999999999999999", "9" * 60])
async def test_large_numbers_do_not_end_a_tail(text: str) -> None:
    async with following(f"numbers-{len(text)}", "orders") as (log, feed, _):
        await feed.set_filter(text)
        await write(log, "orders", 5)
        await until(lambda: feed.stats.total == 5)
        assert (feed.stats.state, feed.stats.end) == ("live", 0)


async def test_the_newest_filter_replaces_one_that_is_being_applied() -> None:
    slow = "where " + " + ".join(["levenshtein(value || value, value || key)"] * 4) + " = offset"
    async with following("newest", "orders") as (log, feed, tasks):
        await write(log, "orders", 20_000, value=b"x" * 60)
        await until(lambda: feed.stats.total == 20_000)
        former = tasks.spawn("slow", feed.set_filter(slow))
        await until(lambda: feed._applying is not None)
        assert feed.stats.filtering
        skipped = tasks.spawn("skipped", feed.set_filter("where offset < 2"))
        await asyncio.sleep(0)
        await feed.set_filter("k77")
        await asyncio.wait([former, skipped])
        assert not feed.stats.filtering
        assert {row.cells[4] for row in feed.window(0, 3)} == {"k77", "k770", "k771"}
        assert feed.stats.state == "live"
        assert tasks.failures == ()


async def test_sorted_rows_stay_until_it_reads_on() -> None:
    async with following("sorted", "orders") as (log, feed, _):
        await write(log, "orders", 30)
        await until(lambda: feed.stats.total == 30)
        await feed.set_order("offset", descending=True)
        await until(lambda: feed.stats.state == "paused")
        await write(log, "orders", 30)
        feed.resume()
        assert [row.identity.offset for row in feed.window(0, 3)] == [29, 28, 27]
        await feed.set_filter("where offset < 10")
        assert [row.identity.offset for row in feed.window(0, 3)] == [9, 8, 7]
        with pytest.raises(ValidationError, match="no column 'colour'"):
            await feed.set_order("colour")
        await feed.set_order("")
        await feed.set_filter("")
        await until(lambda: feed.stats.total == 60)
        assert feed.stats.end == 60


async def test_new_partitions_and_topics_are_taken_up_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discoveries, "METADATA_S", 0.05)
    tasks = Supervisor()
    async with MemoryLog("growing") as log:
        await log.create_topic("orders", partitions=1)
        spans = [Span("orders", 0, 0, None)]

        async def discover(known: Sequence[TopicPartition]) -> list[Span]:
            return await new_spans(log, parse_topics("ord*"), known)

        feed = TailFeed(log, spans, name="growing", supervisor=tasks, discover=discover).start()
        await write(log, "orders", 5)
        await log.add_partitions("orders", 3)
        await write(log, "orders", 5, partition=2)
        await log.create_topic("orders.eu", partitions=1)
        await write(log, "orders.eu", 5)
        await until(lambda: feed.stats.total == 15)
        seen = {(row.identity.topic, row.identity.partition) for row in feed.window(0, 20)}
        assert seen == {("orders", 0), ("orders", 2), ("orders.eu", 0)}
        await feed.stop()
        assert tasks.running == ()
        await feed.aclose()
        await tasks.aclose()


async def test_a_tail_that_begins_while_the_cluster_is_away_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(silence, "SILENT_S", 0.3)
    monkeypatch.setattr(tail_module, "AGAIN_S", 0.05)
    tasks = Supervisor()
    async with MemoryLog("away", timeout_s=0.6) as log:
        await log.create_topic("orders", partitions=1)
        await write(log, "orders", 5)
        log.faults.drop_connection()

        async def slow_spans() -> list[Span]:
            await asyncio.sleep(0.6)
            return [Span("orders", 0, 0, None)]

        feed = TailFeed(log, slow_spans, name="away", supervisor=tasks).start()
        await until(lambda: feed.stats.note == "the cluster has not told its partitions yet, after 0 s")
        assert feed.stats.state == "waiting"
        await until(lambda: feed.stats.state == "no answer")
        assert feed.stats.note.startswith("no answer from the cluster for ")
        log.faults.restore()
        await until(lambda: feed.stats.total == 5)
        assert (feed.stats.state, feed.stats.note) == ("live", "")
        await feed.aclose()
        await tasks.aclose()
    assert tasks.failures == ()


async def test_a_deleted_topic_ends_only_its_own_part() -> None:
    async with following("deleted", "orders", "bills") as (log, feed, _):
        await write(log, "orders", 5)
        await until(lambda: feed.stats.total == 5)
        await log.delete_topic("bills")
        await write(log, "orders", 5)
        await until(lambda: feed.stats.total == 10)
        await until(lambda: "bills is followed no more" in feed.stats.note)
        assert feed.stats.state == "live"


async def test_an_end_gives_the_memory_back_and_keeps_the_last_rows() -> None:
    async with following("ending", "orders") as (log, feed, tasks):
        await write(log, "orders", 5_000)
        await until(lambda: feed.stats.total == 5_000)
        await feed.aclose()
        stats = feed.stats
        assert (stats.state, stats.held, stats.dropped) == ("stopped", 200, 4_800)
        assert feed.window(0, stats.end)[-1].identity.offset == 4_999
        assert tasks.running == ()
        feed.close()
        assert (feed.stats.held, feed.stats.state) == (0, "stopped")


async def test_a_closed_supervisor_closes_the_tail_which_keeps_its_rows() -> None:
    async with following("closing", "orders") as (log, feed, tasks):
        await write(log, "orders", 50)
        await until(lambda: feed.stats.total == 50)
        await tasks.aclose()
        assert (feed.stats.state, feed.stats.held) == ("closed", 50)
        assert tasks.failures == ()


async def test_tails_share_a_budget_and_say_what_they_dropped_for_it() -> None:
    budget = MemoryBudget(4 << 20)
    async with (
        following("share-a", "orders", budget=budget) as (first_log, first, _),
        following("share-b", "orders", budget=budget) as (second_log, second, _),
    ):
        for log in (first_log, second_log):
            for _turn in range(30):
                await write(log, "orders", 20, value=b"x" * 10_000)
        await until(lambda: first.stats.total == second.stats.total == 600)
        held = first._ring.held_bytes + second._ring.held_bytes
        assert held <= (4 << 20) + (1 << 20)
        for feed in (first, second):
            assert feed.stats.held + feed.stats.dropped == 600
            assert "dropped early: all live tables share 4,194,304 bytes" in feed.stats.note
