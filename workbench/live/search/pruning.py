"""Finds the one partition of each topic in which a key can lie, where the data shows how producers place keys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

import numpy as np
import pyarrow as pa

from workbench.bus.partitioner_detection import LEAST_KEYS, detect_partitioner, partition_of
from workbench.text import counted, number_text, partition_text, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.bus.partitioner_detection import Partitioner, PartitionerVerdict
    from workbench.bus.protocols import RecordLog
    from workbench.model import Isolation, Span

SAMPLED_PARTITIONS = 32
"""Partitions of a topic that are looked into, spread over all."""
SAMPLED_OFFSETS = 500
"""Offsets at the start, in the middle and at the end of the window of each."""
_READ_BYTES, _READ_WAIT_MS = 8 << 20, 500


@dataclass(frozen=True, slots=True)
class Pruned:
    """What a search by key has to read.

    Attributes:
        spans: The spans that are left.
        partitioners: What the data says of the partitioner of each topic with several partitions.
        notes: What is read of each topic, and why.
    """

    spans: list[Span]
    partitioners: Mapping[str, PartitionerVerdict]
    notes: tuple[str, ...]


async def spans_of_key(
    log: RecordLog, spans: Sequence[Span], partitions: Mapping[str, int], key: bytes, *, isolation: Isolation
) -> Pruned:
    """Leave out the partitions in which a key cannot lie.

    Only where every sampled record lies where one partitioner places its key: a single one that does not is proof that
    the key may be elsewhere, too. The samples are of the start, the middle and the end of the window, because adding
    partitions to a topic moves keys.

    Args:
        log: An open record log.
        spans: What would be read.
        partitions: Number of partitions of each topic.
        key: The key that is looked for.
        isolation: Isolation of the reads.
    """
    by_topic: dict[str, list[Span]] = {}
    for span in spans:
        by_topic.setdefault(span.topic, []).append(span)
    several = {topic: own for topic, own in by_topic.items() if partitions[topic] > 1}
    sampled = await _keys(log, [part for own in several.values() for part in _samples(own)], isolation)
    kept, found, notes = [span for span in spans if span.topic not in several], {}, []
    for topic, own in several.items():
        verdict = detect_partitioner(*sampled.get(topic, _NOTHING), partitions[topic])
        only = _partition(verdict, key, partitions[topic])
        kept += own if only is None else [span for span in own if span.partition == only]
        found[topic] = verdict
        notes.append(_note(topic, verdict, only, key))
    return Pruned(kept, found, tuple(notes))


_NOTHING: tuple[pa.Array, np.ndarray[tuple[int], np.dtype[np.int32]]] = (
    pa.array([], pa.binary()),
    np.zeros(0, dtype=np.int32),
)


def _partition(verdict: PartitionerVerdict, key: bytes, partitions: int) -> int | None:
    # Some producers place an empty key at random, as they do without a key.
    if not key or verdict.name in ("mixed", "unknown") or verdict.share < 1:
        return None
    return partition_of(cast("Partitioner", verdict.name), key, partitions)


def _samples(spans: Sequence[Span]) -> list[Span]:
    chosen = spans[:: -(-len(spans) // SAMPLED_PARTITIONS)]
    parts = []
    for span in chosen:
        stop = span.start if span.stop is None else span.stop
        middle = (span.start + stop - SAMPLED_OFFSETS) // 2
        begin = span.start
        for start in (span.start, middle, stop - SAMPLED_OFFSETS):
            first, last = max(start, begin), min(max(start, begin) + SAMPLED_OFFSETS, stop)
            if first < last:
                parts.append(replace(span, start=first, stop=last))
                begin = last
    return parts


async def _keys(
    log: RecordLog, spans: Sequence[Span], isolation: Isolation
) -> dict[str, tuple[pa.Array, np.ndarray[tuple[int], np.dtype[np.int32]]]]:
    """Read the keys of spans, and the partition of each, by topic."""
    keys: dict[str, list[pa.Array]] = {}
    places: dict[str, list[np.ndarray[tuple[int], np.dtype[np.int32]]]] = {}
    if spans:
        async with log.reader(spans, isolation=isolation, prefetch_bytes=_READ_BYTES) as reader:
            while not reader.done:
                for chunk in await reader.read(_READ_BYTES, _READ_WAIT_MS):
                    keys.setdefault(chunk.topic, []).append(chunk.records.column("key"))
                    own = np.full(chunk.records.num_rows, chunk.partition, dtype=np.int32)
                    places.setdefault(chunk.topic, []).append(own)
    return {topic: (pa.concat_arrays(keys[topic]), np.concatenate(places[topic])) for topic in keys}


def _note(topic: str, verdict: PartitionerVerdict, only: int | None, key: bytes) -> str:
    seen = f"{counted(verdict.records, 'sampled record')} with {counted(verdict.keys, 'different key')}"
    if only is not None:
        return f"only {partition_text(topic, only)} was read: {verdict.name} places all of {seen} where they lie"
    if not key:
        why = "producers may place an empty key anywhere"
    elif verdict.keys < LEAST_KEYS:
        why = f"{seen} do not show how keys are placed; it takes {number_text(LEAST_KEYS)} different keys"
    else:
        shares = ", ".join(f"{name} {share:.1%}" for name, share in sorted(verdict.shares.items()))
        why = f"no partitioner places all of {seen} where they lie ({shares})"
    return f"every partition of {visible(topic, None)} was read: {why}"
