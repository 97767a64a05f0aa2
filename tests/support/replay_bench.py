"""A replay from end to end on any record log: write a source, select all of it, plan, run, read back."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.model import NewRecord, Record, Span, TimestampType, TopicPartition
from workbench.model.records.columns import RECORD
from workbench.model.selecting.selection import SelectedSource
from workbench.replay import Connection, Draft, Plan, ReplayReport, fetch_facts, make_plan, run_plan
from workbench.replay.records.raw_rows import RawRows
from workbench.replay.run.batches.entries import BatchJournal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workbench.bus.protocols import RecordLog
    from workbench.store.journal import Journal

WRITABLE = Connection(read_only=False, development=True)
FOREVER = {"retention.ms": "-1"}


async def write(log: RecordLog, records: Iterable[NewRecord], transactional_id: str | None = None) -> None:
    async with log.writer(transactional_id=transactional_id) as writer:
        if transactional_id:
            await writer.begin()
        outcomes = await writer.send(list(records))
        assert [outcome.status for outcome in outcomes] == ["acked"] * len(outcomes), outcomes
        if transactional_id:
            await writer.commit()


def at_batch(monkeypatch: Any, number: int, act: Callable[[], object]) -> None:
    """Let something happen when a batch is entered in the journal and not sent yet; the first one has number 0."""
    begin, numbers = BatchJournal.begin, itertools.count()

    async def begin_then_act(batches: BatchJournal, *arguments: Any) -> Any:
        transaction = await begin(batches, *arguments)
        if next(numbers) == number:
            act()
        return transaction

    monkeypatch.setattr(BatchJournal, "begin", begin_then_act)


async def read_table(log: RecordLog, topic: str) -> pa.Table:
    """Everything committed on a topic: RECORD columns."""
    (info,) = await log.describe([topic])
    partitions = [TopicPartition(topic, part.partition) for part in info.partitions]
    starts = await log.offsets(partitions, "earliest")
    spans = [
        Span(topic, at.partition, starts[at] or 0, end) for at, end in (await log.offsets(partitions, "latest")).items()
    ]
    batches = []
    async with log.reader([span for span in spans if span.start < (span.stop or 0)]) as reader:
        while not reader.done:
            batches += [chunk.records for chunk in await reader.read()]
    return pa.Table.from_batches(batches, schema=RECORD)


async def read_all(log: RecordLog, topic: str) -> list[Record]:
    table = await read_table(log, topic)
    rows = RawRows(table)
    return [
        Record(
            topic,
            row["partition"],
            row["offset"],
            row["timestamp_ms"],
            TimestampType(row["timestamp_type"]),
            rows.keys[at],
            rows.values[at],
            rows.headers(at),
        )
        for at, row in enumerate(table.select(["partition", "offset", "timestamp_ms", "timestamp_type"]).to_pylist())
    ]


async def select(log: RecordLog, topic: str, **options: Any) -> Draft:
    """A draft of everything on a topic."""
    table = await read_table(log, topic)
    (info,) = await log.describe([topic])
    rows = table.num_rows
    table = (
        table.append_column("source_id", pa.array([1] * rows, pa.int32()))
        .append_column("cluster", pa.array(["here"] * rows, pa.string()))
        .append_column("topic", pa.array([topic] * rows, pa.string()))
    )
    source = SelectedSource(
        source_id=1,
        cluster_id=log.cluster_id,
        cluster="here",
        topic=topic,
        isolation="read_committed",
        partitions=len(info.partitions),
    )
    return Draft(table, sources=[source], description="all of it", **options)


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    """Wait for something that only looking can tell."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - a journal and a process have no event to wait for
            await asyncio.sleep(0.02)


@dataclass
class Bench:
    """A log, a journal, and names."""

    log: RecordLog
    journal: Journal
    name: Any
    created: list[str] = field(default_factory=list)

    async def topic(self, partitions: int = 3, **config: str) -> str:
        name: str = self.name("replay")
        settings = {key.replace("__", "."): value for key, value in config.items()}
        await self.log.create_topic(name, partitions=partitions, config={**FOREVER, **settings})
        self.created.append(name)
        return name

    async def plan(
        self, draft: Draft, to: str | dict[str, str] | None = None, connection: Connection = WRITABLE
    ) -> Plan:
        facts = await fetch_facts(self.log, draft, to, connection=connection, journal=self.journal)
        plan = make_plan(draft, facts)
        self.created += [topic.name for topic in plan.records.new_topics]
        return plan

    async def run(self, plan: Plan, **changes: Any) -> ReplayReport:
        arguments = {"connection": WRITABLE, "confirm": plan.token, **changes}
        return await run_plan(plan, self.log, self.journal, **arguments)
