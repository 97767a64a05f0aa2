"""Watches how a system reacts to a replay: reads what the run caused, and compares it with the original flow."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.bus.protocols import AtTime
from workbench.errors import ReplayRefused, WorkbenchError
from workbench.model import Span, TopicPartition
from workbench.model.events.dead_letters import is_dead_letter_topic, origin_by_name
from workbench.replay.records.past_replays import ID
from workbench.replay.records.raw_rows import RawRows
from workbench.replay.records.replay_headers import AT
from workbench.replay.rewriting.id_map import IdMap
from workbench.session.conventions import topic_decoder
from workbench.text import counted
from workbench.tracing.graph import build_graph
from workbench.tracing.graph.subgraph import subgraph
from workbench.tracing.order.profile import timing_profile
from workbench.tracing.reaction.comparison import ReactionInput, compare_reaction, is_complete
from workbench.tracing.reaction.expectation import expected_wait
from workbench.tracing.reaction.reaction import CONSUMPTION, ReactionCheck
from workbench.tracing.selection import at_positions, numbers_at, reached, with_effects

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk
    from workbench.model.selecting.selection import SelectedSource
    from workbench.store.journal import Journal, RunRow
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.reaction.reaction import Reaction
    from workbench.tracing.trace import Trace

MOST_RECORDS = 100_000
"""Related records that are compared at most."""
_EARLIER_MS = 2_000
"""The effects are looked for from so long before the run, because clocks differ."""
_POLL_MS = 200
_SENT = ("acked",)
_RECORD_TIME = {"source_id": pa.int32(), "cluster": pa.string(), "topic": pa.string()}


@dataclass(frozen=True, slots=True)
class Expected:
    """The run, and the flow that it is compared with."""

    run_id: str
    original: CausalGraph
    whole: CausalGraph
    ids: IdMap | None
    """New ids of the run; None where they stayed the same."""
    ledger: pa.Table
    source_ids: Sequence[int]
    """Source of each row of the ledger."""
    sources_here: Collection[int]
    """Sources that are topics of the cluster of the run."""

    def correlation(self, old: str | None) -> str | None:
        """Return the correlation id in the replay."""
        return old if old is None or self.ids is None else self.ids.new(old)

    @property
    def correlations(self) -> set[str]:
        """The correlation ids by which effects are known."""
        found = set(self.original.column("correlation_id").to_pylist())
        return {new for old in found if (new := self.correlation(old)) is not None}


async def watch_reaction(
    log: RecordLog,
    journal: Journal,
    run_id: str,
    graph: Trace,
    *,
    sources: Sequence[SelectedSource] = (),
    topics: Collection[str] = (),
    verify_timeout_s: float = 60.0,
    optional: Collection[str] = (),
    ignore: Collection[str] = (),
) -> Reaction:
    """Wait for the effects of a run and compare them with those of the original records; see `Replays.reaction`."""
    row = await asyncio.to_thread(journal.run, run_id)
    if row.target_cluster != log.cluster_id:
        reason = f"it wrote to cluster {row.target_cluster}, this is {log.cluster_id}"
        raise ReplayRefused(f"The reaction to run {run_id} was not read: {reason}.", reasons=[reason])
    expected = await asyncio.to_thread(_expected, graph, journal, row, sources)
    profile = timing_profile(expected.whole)
    wait = expected_wait(expected.original, profile, verify_timeout_s)
    reader = _EffectReader(log, expected)
    clock = asyncio.get_running_loop().time
    begun = clock()
    reading = await _spans(log, journal, row, expected, topics)
    given = None
    async with log.reader(reading) as opened:
        news_at = begun
        while True:
            chunks = await opened.read(max_wait_ms=_POLL_MS)
            if await asyncio.to_thread(reader.take, chunks):
                news_at, given = clock(), None
            if given is None:
                given = await asyncio.to_thread(reader.compared, profile, optional, ignore)
            quiet = clock() - news_at >= wait.quiet_s
            if reader.cut_off or clock() - begun >= wait.most_s or (quiet and is_complete(given)):
                break
    checks = await _consumption(log, row, expected)
    # Groups commit a moment after they have processed.
    while any(check.status == "fail" for check in checks) and clock() - begun < wait.most_s:
        await asyncio.sleep(_POLL_MS / 1000)
        checks = await _consumption(log, row, expected)
    given = replace(
        given,
        records=None if graph.records_of is None else (graph.records_of, reader.values),
        other_checks=checks,
        waited_s=clock() - begun,
        cut_off=reader.cut_off,
    )
    reaction = await asyncio.to_thread(compare_reaction, given)
    result = {"result": reaction.status, "details": reaction.rows()}
    await asyncio.to_thread(journal.audit, run_id, action="replay.reaction", cluster=log.cluster_id, **result)
    return reaction


def _expected(graph: Trace, journal: Journal, row: RunRow, captured: Sequence[SelectedSource]) -> Expected:
    selection, ledger = journal.selection(row.run_id), journal.ledger(row.run_id)
    sources = dict(zip(selection["seq"].to_pylist(), selection["source_id"].to_pylist(), strict=True))
    ledger = ledger.filter(pc.is_in(ledger["outcome"], pa.array(_SENT)))
    source_ids = [sources[seq] for seq in ledger["seq"].to_pylist()]
    places = set(zip(source_ids, ledger["partition"].to_pylist(), ledger["offset"].to_pylist(), strict=True))
    whole = graph.data
    options = row.plan["options"]
    effects = options["mode"] != "recording" or bool(options["accept_groups"])
    # A recording that nobody reads causes nothing: what it did not send is not expected.
    original = with_effects(whole, places) if effects else at_positions(whole, places)
    ids = IdMap(row.run_id) if options["ids"] == "new" else None
    here = {source.source_id for source in captured if source.cluster_id == row.target_cluster}
    return Expected(row.run_id, original, whole, ids, ledger, source_ids, here)


async def _spans(
    log: RecordLog, journal: Journal, row: RunRow, expected: Expected, topics: Collection[str]
) -> list[Span]:
    """Return where to read: the targets from where they ended before the run, other topics from its beginning."""
    positions = (await asyncio.to_thread(journal.positions, row.run_id)).to_pylist()
    starts = {TopicPartition(at["target_topic"], at["target_partition"]): at["start_offset"] for at in positions}
    targets = {at.topic for at in starts}
    effects = {*expected.original.column("topic").to_pylist(), *topics}
    described = await log.describe()
    letters = {
        info.name
        for info in described
        if is_dead_letter_topic(info.name) and origin_by_name(info.name) in effects | targets
    }
    partitions = [
        TopicPartition(info.name, part.partition)
        for info in described
        if info.name in (effects | letters) - targets
        for part in info.partitions
    ]
    started = (row.started_at or row.created_at).replace(tzinfo=UTC)
    since_ms = int(started.timestamp() * 1000) - _EARLIER_MS
    found = await log.offsets(partitions, AtTime(since_ms))
    ends = await log.offsets(partitions, "latest")
    behind = _behind_originals(expected)
    for at in partitions:
        begin = found.get(at)
        starts[at] = max((ends.get(at) or 0) if begin is None else begin, behind.get(at, 0))
    return [Span(at.topic, at.partition, start, None) for at, start in starts.items()]


def _behind_originals(expected: Expected) -> dict[TopicPartition, int]:
    """Return the offset behind the last record that was sent again, by its partition of this cluster.

    It may be so young that the time to read from is before it, and it is no reaction to its own replay.
    """
    behind: dict[TopicPartition, int] = {}
    columns = (expected.ledger[name].to_pylist() for name in ("topic", "partition", "offset"))
    for source, topic, partition, offset in zip(expected.source_ids, *columns, strict=True):
        if source in expected.sources_here:
            at = TopicPartition(topic, partition)
            behind[at] = max(behind.get(at, 0), offset + 1)
    return behind


async def _consumption(log: RecordLog, row: RunRow, expected: Expected) -> list[ReactionCheck]:
    """Check that the accepted groups have read what the run sent; no check where the plan names none."""
    groups = row.plan["options"]["accept_groups"]
    last: dict[TopicPartition, int] = {}
    for record in expected.ledger.select(["target_topic", "target_partition", "target_offset"]).to_pylist():
        at = TopicPartition(record["target_topic"], record["target_partition"])
        last[at] = max(last.get(at, -1), -1 if record["target_offset"] is None else record["target_offset"])
    behind = []
    for group in groups:
        try:
            committed = await log.committed(group)
        except WorkbenchError as error:
            return [ReactionCheck(CONSUMPTION, "not checked", error.message)]
        lag = sum(max(0, offset + 1 - (committed[at].offset if at in committed else 0)) for at, offset in last.items())
        if lag:
            behind.append(f"{group} has up to {counted(lag, 'record')} to read")
    if not groups:
        return []
    right = f"{counted(len(groups), 'group')} read all of it"
    return [ReactionCheck(CONSUMPTION, "fail" if behind else "pass", "; ".join(behind) or right)]


class _EffectReader:
    """Collects the records of a run and those related to it, and makes the replayed graph of them."""

    def __init__(self, log: RecordLog, expected: Expected) -> None:
        self._cluster = log.cluster_id
        self._expected = expected
        self._correlations = pa.array(sorted(expected.correlations), pa.string())
        self._decoder = topic_decoder()
        self._sources: dict[str, int] = {}
        self._parts: list[tuple[pa.Table, pa.Table]] = []
        self._count = 0
        self.cut_off = ""

    def take(self, chunks: Sequence[Chunk]) -> bool:
        """Keep what is related; tells whether there was any."""
        before = self._count
        for chunk in chunks:
            if chunk.records.num_rows and not self.cut_off:
                self._take(chunk)
        return self._count > before

    def _take(self, chunk: Chunk) -> None:
        records = chunk.records
        events = self._decoder.decode(records, chunk.topic)
        rows = RawRows(records)
        sent = np.zeros(records.num_rows, bool)
        holders, ids = rows.named_columns(ID)
        sent[holders[pc.fill_null(pc.equal(ids, self._expected.run_id.encode()), False).to_numpy()]] = True
        known = pc.fill_null(pc.is_in(events["correlation_id"].cast(pa.string()), self._correlations), False)
        loose = pc.and_(pc.is_null(events["correlation_id"]), pc.greater(pc.list_value_length(events["causes"]), 0))
        chosen = np.flatnonzero(sent | known.to_numpy(zero_copy_only=False) | loose.to_numpy(zero_copy_only=False))
        if not len(chosen):
            return
        table = self._joined(chunk, events.take(pa.array(chosen)), chosen, sent)
        self._count += len(chosen)
        values = table.select(["source_id", "partition", "offset"])
        kept = records.take(pa.array(chosen))
        values = values.append_column("key", kept.column("key")).append_column("value", kept.column("value"))
        self._parts.append((table, values))
        if self._count > MOST_RECORDS:
            self.cut_off = f"more than {counted(MOST_RECORDS, 'related record')} came"

    def _joined(self, chunk: Chunk, events: pa.RecordBatch, chosen: Any, sent: Any) -> pa.Table:
        count = len(chosen)
        source = self._sources.setdefault(chunk.topic, len(self._sources))
        table = pa.Table.from_batches([events])
        constant = {"source_id": source, "cluster": self._cluster, "topic": chunk.topic}
        for name, kind in _RECORD_TIME.items():
            table = table.append_column(name, pa.repeat(pa.scalar(constant[name], kind), count))
        for name in ("timestamp_ms", "timestamp_type"):
            table = table.append_column(name, chunk.records.column(name).take(pa.array(chosen)))
        times = dict(RawRows(chunk.records).named(AT))
        at = table.schema.get_field_index("event_time")
        # A record that was sent says when it first happened; its effects are measured from when it was sent again.
        again = [_moment(times.get(int(row))) if sent[row] else None for row in chosen]
        column = pc.coalesce(pa.array(again, pa.timestamp("us")), table["event_time"].cast(pa.timestamp("us")))
        return table.set_column(at, "event_time", column)

    def compared(self, profile: Any, optional: Collection[str], ignore: Collection[str]) -> ReactionInput:
        """Return what is known so far, as the comparison takes it."""
        expected = self._expected
        tables = [part for part, _ in self._parts] or [self._nothing()]
        graph = build_graph(pa.concat_tables(tables, promote_options="permissive"))
        places = numbers_at(graph)
        original = numbers_at(expected.original)
        columns = ("partition", "offset", "target_topic", "target_partition", "target_offset")
        sent: dict[int, int] = {}
        rows = zip(expected.source_ids, *(expected.ledger[name].to_pylist() for name in columns), strict=True)
        for source, partition, offset, topic, target_partition, target_offset in rows:
            before = original.get((source, partition, offset))
            after = places.get((self._sources.get(topic, -1), target_partition, target_offset))
            if before is not None and after is not None:
                sent[before] = after
        graph, sent = self._cut(graph, sent)
        return ReactionInput(
            original=expected.original,
            replayed=graph,
            sent=sent,
            correlation=expected.correlation,
            profile=profile,
            optional=optional,
            ignore=ignore,
        )

    def _cut(self, graph: CausalGraph, sent: Mapping[int, int]) -> tuple[CausalGraph, dict[int, int]]:
        """Keep what was sent, what it led to, and what has its correlation."""
        starts = np.array(sorted(sent.values()), np.int64)
        chosen = reached(graph, starts, backwards=False)
        chosen[starts] = True
        chosen |= pc.fill_null(
            pc.is_in(graph.column("correlation_id"), self._correlations.cast(pa.large_string())), False
        ).to_numpy(zero_copy_only=False)
        number = np.cumsum(chosen) - 1
        return subgraph(graph, chosen, "the replay"), {a: int(number[b]) for a, b in sent.items()}

    def _nothing(self) -> pa.Table:
        from workbench.model.records.columns import EVENT, RECORD

        events = pa.Table.from_batches([], schema=EVENT)
        for name, kind in _RECORD_TIME.items():
            events = events.append_column(name, pa.array([], kind))
        for name in ("timestamp_ms", "timestamp_type"):
            events = events.append_column(name, pa.array([], RECORD.field(name).type))
        return events

    def values(self, positions: pa.Table) -> pa.Table:
        """Return the records at some positions, as `workbench.tracing.records.RecordReader` does."""
        names = ["source_id", "partition", "offset"]
        table = pa.concat_tables([values for _, values in self._parts])
        columns = (table[name].to_pylist() for name in names)
        known = {at: row for row, at in enumerate(zip(*columns, strict=True))}
        wanted = zip(*(positions[name].to_pylist() for name in names), strict=True)
        return table.take(pa.array([known[at] for at in wanted if at in known], pa.int64()))


def _moment(content: bytes | None) -> datetime | None:
    """Return a time of provenance headers as naive UTC, as event times are."""
    try:
        return datetime.fromisoformat((content or b"").decode()).astimezone(UTC).replace(tzinfo=None)
    except ValueError:
        return None
