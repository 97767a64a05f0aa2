"""Finds what the keys of a run had before it on its compacted targets, as a draft that sends it again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.errors import ReplayRefused, ValidationError
from workbench.model import TopicPartition
from workbench.model.records.columns import RECORD
from workbench.model.selecting.selection import SelectedSource
from workbench.replay.draft import Draft
from workbench.replay.proof.arrivals import Picker
from workbench.replay.target.fetching import topic_facts
from workbench.replay.target.reading import read_target
from workbench.replay.target.same_topics import gone_targets
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.store.journal import Journal, RunRow

_DEPTH = 1 << 16
"""Records that are kept before those of the same key are dropped."""


async def former_values(log: RecordLog, journal: Journal, run_id: str, *, origin: object = None) -> Draft:
    """Return a draft of the newest record that each key of a run had on a compacted target before the run.

    Args:
        log: The target cluster.
        journal: Where the run is recorded.
        run_id: The run.
        origin: The snapshot whose journal keeps the run of the draft.

    Raises:
        ReplayRefused: The run wrote to another cluster, or a target was deleted since.
        ValidationError: No target is compacted, or no key had a value before.
    """
    row = await asyncio.to_thread(journal.run, run_id)
    reasons = [f"it wrote to cluster {row.target_cluster}, this is {log.cluster_id}"]
    reasons = reasons if row.target_cluster != log.cluster_id else await gone_targets(log, row)
    if reasons:
        raise ReplayRefused(f"Run {run_id} has no former values here: {'; '.join(reasons)}.", reasons=reasons)
    facts = await topic_facts(log, row.target_topics)
    compacted = [name for name, topic in facts.items() if topic.exists and topic.compacted]
    if not compacted:
        raise ValidationError(f"No target of run {run_id} is compacted: each value that it had is still there.")
    positions = (await asyncio.to_thread(journal.positions, run_id)).to_pylist()
    tables, sources = [], []
    for number, name in enumerate(compacted):
        starts = {
            TopicPartition(name, at["target_partition"]): at["start_offset"]
            for at in positions
            if at["target_topic"] == name
        }
        keys = await _keys(log, journal, row, starts)
        begins = {at: begin or 0 for at, begin in (await log.offsets(starts, "earliest")).items()}
        found = await _newest(log, begins, starts, keys)
        source = SelectedSource(number, log.cluster_id, log.cluster_id, name, "read_committed", facts[name].partitions)
        sources.append(source)
        tables.append(_with_source(found, source))
    table = pa.concat_tables(tables)
    if not table.num_rows:
        raise ValidationError(f"No key of run {run_id} had a value before it: what it wrote is all that they have.")
    what = f"the values of {counted(table.num_rows, 'key')} before run {run_id}"
    return Draft(table, sources=sources, description=what, origin=origin, allow_same_topic=True, max_hops=5)


async def _keys(
    log: RecordLog, journal: Journal, row: RunRow, starts: Mapping[TopicPartition, int]
) -> dict[int, set[bytes]]:
    """Return the keys of each partition whose newest value is still one that the run wrote."""
    marked = row.plan["document"]["headers"] != "exact"
    picker = Picker(row.run_id, journal.ledger_of(row.run_id), marked=marked)
    found: dict[int, set[bytes]] = {at.partition: set() for at in starts}
    ends = {at: end or 0 for at, end in (await log.offsets(starts, "latest")).items()}
    async for chunk in read_target(log, starts, ends):
        arrived = await asyncio.to_thread(picker.take, chunk)
        own = set() if arrived is None else set(arrived.offsets.tolist())
        keys = found[chunk.partition]
        for offset, key in zip(*(chunk.records.column(name).to_pylist() for name in ("offset", "key")), strict=True):
            if offset in own:
                keys.add(key)
            else:
                keys.discard(key)
    return found


async def _newest(
    log: RecordLog,
    begins: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
    keys: Mapping[int, set[bytes]],
) -> pa.Table:
    """Return the last record of each key in a part of a topic."""
    kept: list[pa.RecordBatch] = []
    count, most = 0, _DEPTH
    async for chunk in read_target(log, begins, ends):
        wanted = pa.array([key in keys[chunk.partition] for key in chunk.records.column("key").to_pylist()], pa.bool_())
        kept.append(chunk.records.filter(wanted))
        count += kept[-1].num_rows
        if count > most:
            kept = _last_of_each(kept)
            count = sum(batch.num_rows for batch in kept)
            most = _DEPTH + 2 * count
    return pa.Table.from_batches(_last_of_each(kept), schema=RECORD)


def _last_of_each(batches: list[pa.RecordBatch]) -> list[pa.RecordBatch]:
    table = pa.Table.from_batches(batches, schema=RECORD)
    rows = pa.table({"key": table["key"], "partition": table["partition"], "row": np.arange(table.num_rows)})
    last = rows.group_by(["partition", "key"]).aggregate([("row", "max")])["row_max"].sort()
    found: list[pa.RecordBatch] = table.take(last).combine_chunks().to_batches()
    return found


def _with_source(table: pa.Table, source: SelectedSource) -> pa.Table:
    count = table.num_rows
    columns = {
        "source_id": pa.array([source.source_id] * count, pa.int32()),
        "cluster": pa.array([source.cluster] * count, pa.string()),
        "topic": pa.array([source.topic] * count, pa.string()),
    }
    for name, column in columns.items():
        table = table.append_column(name, column)
    return table
