"""Looks on the tail of a target for records of the selection that an earlier replay sent there.

Each replayed record names its source in the header ``x-replay-of``. So the target itself tells what is there, whichever
snapshot, copy of a snapshot or plan it was sent from.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.known_texts import among
from workbench.buffers.mapped import batches_of
from workbench.buffers.text_marks import text_marks
from workbench.model import TopicPartition
from workbench.replay.target.reading import read_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from workbench.buffers.known_texts import Marks
    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk
    from workbench.replay.target.facts import TopicFacts

OF = b"x-replay-of"
"""Header that names the source of a replayed record: ``{cluster}/{topic}/{partition}/{offset}``."""

TAIL_OFFSETS = 20_000
"""Offsets at the end of a target that are looked through at least, shared out over its partitions."""
_PER_RECORD = 4
"""Offsets that are looked through for each selected record, where that is more."""


def origins(records: pa.Table) -> Iterator[pa.Array]:
    """Yield the values of ``x-replay-of`` of selected records, as bytes, for those that follow each other."""
    for batch in batches_of(records.select(["cluster", "topic", "partition", "offset"])):
        columns = [pc.cast(column, pa.string()) for column in batch.columns]
        yield pc.cast(pc.binary_join_element_wise(*columns, "/"), pa.binary())


def _marks(records: pa.Table) -> Marks:
    marks, first = np.empty(records.num_rows, np.uint64), 0
    for some in origins(records):
        marks[first : first + len(some)] = text_marks(some)
        first += len(some)
    marks.sort()
    return marks


def _selected(records: pa.Table, found: set[bytes]) -> set[bytes]:
    """Return those that are origins of selected records, compared as texts."""
    wanted = pa.array(sorted(found), pa.binary())
    return {origin for some in origins(records) for origin in some.filter(pc.is_in(some, wanted)).to_pylist()}


async def find_present(log: RecordLog, topics: Iterable[TopicFacts], records: pa.Table) -> tuple[str, ...]:
    """Return the origins of selected records that are on the tail of one of the topics, sorted."""
    # Millions of records are compared by their marks, which take a tenth of the memory.
    asked = np.empty(0, np.uint64)
    found: set[bytes] = set()
    for topic in topics:
        if not topic.exists or topic.begin == topic.end:
            continue
        if not len(asked):
            asked = await asyncio.to_thread(_marks, records)
        at = [TopicPartition(topic.name, partition) for partition in topic.end]
        depth = max(TAIL_OFFSETS, _PER_RECORD * len(asked)) // len(at) + 1
        ends = {one: end or 0 for one, end in (await log.offsets(at, "latest")).items()}
        begins = {one: begin or 0 for one, begin in (await log.offsets(at, "earliest")).items()}
        starts = {one: max(begins[one], end - depth) for one, end in ends.items()}
        async for chunk in read_target(log, starts, ends):
            found |= await asyncio.to_thread(_origins_in, chunk, asked)
    if found:
        found = await asyncio.to_thread(_selected, records, found)
    return tuple(sorted(origin.decode() for origin in found))


def _origins_in(chunk: Chunk, asked: Marks) -> set[bytes]:
    if not chunk.records.num_rows:
        return set()
    headers = chunk.records.column("headers").flatten()
    found = headers.field("value").filter(pc.equal(headers.field("name"), OF))
    return set(found.filter(pa.array(among(found, asked))).to_pylist())
