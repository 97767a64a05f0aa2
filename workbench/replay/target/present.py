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
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from workbench.buffers.known_texts import Marks
    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk
    from workbench.replay.target.facts import PresentSpan, TopicFacts

    Longs = NDArray[np.int64]

_PARTS = ["cluster", "topic", "partition", "offset"]

OF = b"x-replay-of"
"""Header that names the source of a replayed record: ``{cluster}/{topic}/{partition}/{offset}``."""

TAIL_OFFSETS = 20_000
"""Offsets at the end of a target that are looked through at least, shared out over its partitions."""
_PER_RECORD = 4
"""Offsets that are looked through for each selected record, where that is more."""


def origins(records: pa.Table) -> Iterator[pa.Array]:
    """Yield the values of ``x-replay-of`` of selected records, as bytes, for those that follow each other."""
    for batch in batches_of(records.select(_PARTS)):
        columns = [pc.cast(column, pa.string()) for column in batch.columns]
        yield pc.cast(pc.binary_join_element_wise(*columns, "/"), pa.binary())


def _marks(records: pa.Table) -> Marks:
    marks, first = np.empty(records.num_rows, np.uint64), 0
    for some in origins(records):
        marks[first : first + len(some)] = text_marks(some)
        first += len(some)
    marks.sort()
    return marks


def _prefixes(batch: pa.RecordBatch) -> pa.DictionaryArray:
    """Return ``{cluster}/{topic}/{partition}`` of each record."""
    columns = [pc.cast(batch.column(name), pa.string()) for name in ("cluster", "topic", "partition")]
    return pc.binary_join_element_wise(*columns, "/").dictionary_encode()


def _spans(records: pa.Table, found: pa.Array) -> Iterator[PresentSpan]:
    """Yield where the selected records lie whose origins are among these, compared as texts."""
    offsets: dict[str, list[Longs]] = {}
    for batch in batches_of(records.select(_PARTS)):
        (origin,) = origins(pa.Table.from_batches([batch]))
        hits = np.flatnonzero(pc.is_in(origin, found).to_numpy(zero_copy_only=False))
        chosen = batch.take(pa.array(hits))
        prefixes, numbers = _prefixes(chosen), chosen.column("offset").to_numpy()
        codes = prefixes.indices.to_numpy()
        for code, prefix in enumerate(prefixes.dictionary.to_pylist()):
            offsets.setdefault(prefix, []).append(numbers[codes == code])
    for prefix in sorted(offsets):
        own = np.unique(np.concatenate(offsets[prefix]))
        for run in np.split(own, np.flatnonzero(np.diff(own) > 1) + 1):
            yield prefix, int(run[0]), int(run[-1])


def rows_among(records: pa.Table, present: Sequence[PresentSpan]) -> Longs:
    """Return the rows of selected records that lie in one of these spans, ascending."""
    if not present:
        return np.empty(0, np.int64)
    spans: dict[str, list[tuple[int, int]]] = {}
    for prefix, first, last in present:
        spans.setdefault(prefix, []).append((first, last))
    rows, begun = [], 0
    for batch in batches_of(records.select(_PARTS)):
        prefixes, numbers = _prefixes(batch), batch.column("offset").to_numpy()
        codes, hit = prefixes.indices.to_numpy(), np.zeros(batch.num_rows, bool)
        for code, prefix in enumerate(prefixes.dictionary.to_pylist()):
            if prefix in spans:
                firsts, lasts = np.array(sorted(spans[prefix]), np.int64).T
                at = np.searchsorted(firsts, numbers, side="right") - 1
                hit |= (codes == code) & (at >= 0) & (numbers <= lasts[at])
        rows.append(begun + np.flatnonzero(hit))
        begun += batch.num_rows
    return np.concatenate(rows)


async def find_present(log: RecordLog, topics: Iterable[TopicFacts], records: pa.Table) -> tuple[PresentSpan, ...]:
    """Return where the selected records lie that are on the tail of one of the topics."""
    # Millions of records are compared by their marks, which take a tenth of the memory.
    asked = np.empty(0, np.uint64)
    found: list[pa.Array] = []
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
        found += [await asyncio.to_thread(_origins_in, chunk, asked) async for chunk in read_target(log, starts, ends)]
    texts = pa.chunked_array(found, pa.binary())
    if not len(texts):
        return ()
    return tuple(await asyncio.to_thread(lambda: list(_spans(records, pc.unique(texts)))))


def _origins_in(chunk: Chunk, asked: Marks) -> pa.Array:
    if not chunk.records.num_rows:
        return pa.array([], pa.binary())
    headers = chunk.records.column("headers").flatten()
    found = headers.field("value").filter(pc.equal(headers.field("name"), OF))
    return found.filter(pa.array(among(found, asked)))
