"""Offset look-ups in the embedded cluster: log start, end by isolation, first at a time, committed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.bus.protocols import AtCommitted, AtTime

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.bus.memory.cluster.cluster import Cluster
    from workbench.bus.memory.storage.partition import PartitionLog
    from workbench.bus.protocols import OffsetSpec
    from workbench.model.records.chunk import Isolation
    from workbench.model.records.record import TopicPartition


def look_up(
    cluster: Cluster,
    partitions: Iterable[TopicPartition],
    at: OffsetSpec,
    isolation: Isolation,
) -> dict[TopicPartition, int | None]:
    """Look up one offset for each partition; see `workbench.bus.protocols.RecordLog.offsets`."""
    logs = {name: cluster.partition(name) for name in partitions}
    if isinstance(at, AtCommitted):
        group = cluster.groups.get(at.group_id)
        stored = group.offsets if group is not None else {}
        return {name: stored[name].offset if name in stored else None for name in logs}
    return {name: _one(log, at, isolation) for name, log in logs.items()}


def _one(log: PartitionLog, at: OffsetSpec, isolation: Isolation) -> int:
    if at == "earliest":
        return log.low
    end = log.end_for(isolation)
    if isinstance(at, AtTime):
        found = log.first_at(max(0, at.timestamp_ms))
        return end if found is None else min(found, end)
    return end
