"""Finds records without provenance headers on the tail of their target: by body digest and timestamp, lane by lane.

A lane's records arrive in their order. So the tail must hold none of them, or the first ones, each once; anything else
is ambiguous, because somebody may have written the same content.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from workbench.model import TopicPartition
from workbench.replay.records.digest import body_digests
from workbench.replay.records.replay_records import NOW
from workbench.replay.target.reading import read_target
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk
    from workbench.replay.plan.plan import Plan

    Content: TypeAlias = tuple[bytes, int]


@dataclass(frozen=True, slots=True)
class Arrival:
    """One record that was found on the target."""

    offset: int
    timestamp_ms: int


async def arrived_by_content(
    log: RecordLog,
    plan: Plan,
    seqs: Sequence[int],
    starts: Mapping[TopicPartition, int],
    ends: Mapping[TopicPartition, int],
) -> dict[int, Arrival] | str:
    """Find which of these seqs are on the target; returns why that cannot be told where it is ambiguous.

    Args:
        log: The target cluster.
        plan: The plan of the run.
        seqs: Records of the batch in doubt, ascending.
        starts: Offset of each target partition behind the last record that is known to be there.
        ends: Last stable offsets.
    """
    lanes = _lanes(plan, seqs)
    found: dict[TopicPartition, list[tuple[Content, Arrival]]] = {at: [] for at in lanes}
    async for chunk in read_target(log, {at: starts[at] for at in lanes}, {at: ends[at] for at in lanes}):
        if chunk.gaps:
            return f"offsets of {chunk.topic} cannot be read any more"
        at = TopicPartition(chunk.topic, chunk.partition)
        wanted = {content for _, content in lanes[at]}
        found[at] += await asyncio.to_thread(_hits, chunk, wanted)
    arrived: dict[int, Arrival] = {}
    for at, lane in lanes.items():
        hits = found[at]
        if [content for content, _ in hits] != [content for _, content in lane[: len(hits)]]:
            count = counted(len(hits), "record")
            return f"{count} at the end of {at} have the content of records in doubt, in another order"
        for (seq, _), (_, hit) in zip(lane, hits, strict=False):
            arrived[seq] = hit
    return arrived


def _lanes(plan: Plan, seqs: Iterable[int]) -> dict[TopicPartition, list[tuple[int, Content]]]:
    records = plan.records
    lanes: dict[TopicPartition, list[tuple[int, Content]]] = {}
    for seq in seqs:
        at = records.target_partition(seq)
        planned = NOW if at.topic in records.append_time_topics else int(records.planned_timestamps[seq])
        lanes.setdefault(at, []).append((seq, (records.digests[seq].tobytes(), planned)))
    return lanes


def _hits(chunk: Chunk, wanted: set[Content]) -> list[tuple[Content, Arrival]]:
    digests = map(bytes, body_digests(chunk.records))
    columns = (chunk.records.column(name).to_pylist() for name in ("offset", "timestamp_ms"))
    hits = []
    for digest, offset, time_ms in zip(digests, *columns, strict=True):
        # A record that gets the time of sending is known by its body alone.
        for content in ((digest, time_ms), (digest, NOW)):
            if content in wanted:
                hits.append((content, Arrival(offset, time_ms)))
                break
    return hits
