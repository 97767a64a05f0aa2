"""Finds records without provenance headers on the tail of their target: by body digest and timestamp, lane by lane.

A lane's records arrive in their order. So the tail must hold none of them, or the first ones, each once; anything else
is ambiguous, because somebody may have written the same content.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeAlias

from workbench.model import TopicPartition
from workbench.replay.proof.arrivals import Arrival
from workbench.replay.records.digest import body_sha256
from workbench.replay.records.raw_rows import RawRows
from workbench.replay.records.replay_records import NOW
from workbench.replay.target.reading import read_target
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.bus.protocols import RecordLog
    from workbench.model import Chunk
    from workbench.replay.plan.plan import Plan

    Content: TypeAlias = tuple[bytes, int]


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
        found[at] += await asyncio.to_thread(_hits, chunk, at, wanted)
    arrived: dict[int, Arrival] = {}
    for at, lane in lanes.items():
        hits = found[at]
        if [content for content, _ in hits] != [content for _, content in lane[: len(hits)]]:
            count = counted(len(hits), "record")
            return f"{count} at the end of {at} have the content of records in doubt, in another order"
        for (seq, _), (_, hit) in zip(lane, hits, strict=False):
            arrived[seq] = Arrival(seq, at, hit.offset, hit.timestamp_ms, hit.timestamp_type, hit.body_sha256)
    return arrived


def _lanes(plan: Plan, seqs: Iterable[int]) -> dict[TopicPartition, list[tuple[int, Content]]]:
    records = plan.records
    lanes: dict[TopicPartition, list[tuple[int, Content]]] = {}
    for seq in seqs:
        topic = records.target_topics[seq]
        at = TopicPartition(topic, int(records.target_partitions[seq]))
        planned = NOW if topic in records.append_time_topics else int(records.planned_timestamps[seq])
        lanes.setdefault(at, []).append((seq, (records.digests[seq], planned)))
    return lanes


def _hits(chunk: Chunk, at: TopicPartition, wanted: set[Content]) -> list[tuple[Content, Arrival]]:
    rows = RawRows(chunk.records)
    columns = (chunk.records.column(name).to_pylist() for name in ("offset", "timestamp_ms", "timestamp_type"))
    hits = []
    for row, (offset, time_ms, kind) in enumerate(zip(*columns, strict=True)):
        digest = body_sha256(rows.keys[row], rows.values[row], rows.headers(row))
        # A record that gets the time of sending is known by its body alone.
        for content in ((digest, time_ms), (digest, NOW)):
            if content in wanted:
                hits.append((content, Arrival(-1, at, offset, time_ms, kind, digest)))
                break
    return hits
