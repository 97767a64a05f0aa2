"""Describes a topic and its consumer groups in one fixed shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypedDict

from workbench.errors import WorkbenchError
from workbench.eventbus.topics.group_offsets import lag
from workbench.model import TopicPartition

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.model import GroupInfo, TopicInfo


class PartitionShape(TypedDict):
    """One partition; ``count`` is ``end - begin``, an upper bound of its records."""

    id: int
    leader: int | None
    replicas: list[int]
    isr: list[int]
    begin: int | None
    end: int | None
    count: int | None
    offline: bool


class GroupShape(TypedDict):
    """A group with a committed offset on the topic, or a member that holds a partition of it."""

    group_id: str
    state: str
    members: int
    lag_per_partition: dict[int, int | None]
    total_lag: int | None
    """None when one partition's lag is unknown."""


class RetentionShape(TypedDict):
    """Retention settings of the topic."""

    ms: int | None
    bytes: int | None
    cleanup_policy: str | None
    tiered: bool | None


class TopicShape(TypedDict):
    """The result of ``get_topic_info``; values that could not be read are None and named in ``unavailable``."""

    name: str
    physical_name: str
    exists: bool
    partition_count: int
    replication_factor: int
    partitions: list[PartitionShape]
    consumer_groups: list[GroupShape]
    config: dict[str, dict[str, Any]]
    retention: RetentionShape
    internal: bool
    fetched_at: str
    unavailable: list[str]


async def describe_topic(log: RecordLog, name: str, physical: str) -> TopicShape:
    """Describe one topic; an unknown one is described as not existing, and nothing is created."""
    infos = await log.describe([physical])
    info = infos[0] if infos else None
    unavailable = list(info.unavailable) if info else []
    groups = await _groups(log, info, unavailable) if info else []
    return TopicShape(
        name=name,
        physical_name=physical,
        exists=info is not None,
        partition_count=len(info.partitions) if info else 0,
        replication_factor=info.replication_factor if info else 0,
        partitions=_partitions(info) if info else [],
        consumer_groups=groups,
        config=_config(info) if info else {},
        retention=_retention(info),
        internal=bool(info and info.internal),
        fetched_at=datetime.now(UTC).isoformat(),
        unavailable=unavailable,
    )


def _partitions(info: TopicInfo) -> list[PartitionShape]:
    return [
        PartitionShape(
            id=p.partition,
            leader=p.leader,
            replicas=list(p.replicas),
            isr=list(p.isr),
            begin=p.begin,
            end=p.end,
            count=None if p.begin is None or p.end is None else p.end - p.begin,
            offline=p.leader is None,
        )
        for p in info.partitions
    ]


def _config(info: TopicInfo) -> dict[str, dict[str, Any]]:
    return {
        name: {"value": None if c.sensitive else c.value, "default": c.default, "sensitive": c.sensitive}
        for name, c in info.config.items()
    }


def _retention(info: TopicInfo | None) -> RetentionShape:
    def read(name: str) -> str | None:
        value = info.config.get(name) if info else None
        return value.value if value else None

    def number(name: str) -> int | None:
        text = read(name)
        return int(text) if text is not None and text.lstrip("-").isdigit() else None

    tiered = read("remote.storage.enable") or read("redpanda.remote.write")
    return RetentionShape(
        ms=number("retention.ms"),
        bytes=number("retention.bytes"),
        cleanup_policy=read("cleanup.policy"),
        tiered=None if tiered is None else tiered == "true",
    )


async def _groups(log: RecordLog, info: TopicInfo, unavailable: list[str]) -> list[GroupShape]:
    try:
        described = await log.describe_groups(await log.groups())
    except WorkbenchError as error:
        unavailable.append(f"consumer groups: {error}")
        return []
    shapes = [shape for group in described if (shape := await _group(log, info, group, unavailable)) is not None]
    return sorted(shapes, key=lambda shape: shape["group_id"])


async def _group(log: RecordLog, info: TopicInfo, group: GroupInfo, unavailable: list[str]) -> GroupShape | None:
    try:
        committed = await log.committed(group.group_id)
    except WorkbenchError as error:
        unavailable.append(f"committed offsets of {group.group_id}: {error}")
        committed = {}
    holders = [m for m in group.members if any(p.topic == info.name for p in m.partitions)]
    if not holders and not any(p.topic == info.name for p in committed):
        return None
    lags: dict[int, int | None] = {}
    for p in info.partitions:
        stored = committed.get(TopicPartition(info.name, p.partition))
        lags[p.partition] = None if stored is None else lag(p.end, stored)
    known = [lag for lag in lags.values() if lag is not None]
    return GroupShape(
        group_id=group.group_id,
        state=group.state,
        members=len(holders),
        lag_per_partition=lags,
        total_lag=sum(known) if len(known) == len(lags) else None,
    )
