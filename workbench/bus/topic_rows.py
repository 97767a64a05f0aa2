"""Describes topics, one row for each: offsets, rate, consumer groups and settings, from a few calls of a record log."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.bus.protocols import AtTime
from workbench.bus.selected_topics import described_topics
from workbench.errors import WorkbenchError
from workbench.model import TopicPartition

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.model import TopicInfo
    from workbench.model.selecting.topic_selection import TopicSelection

RATE_WINDOW_S = 60
_GROUPS_AT_ONCE = 10
"""Requests for committed offsets in flight; each group is one request."""


@dataclass(frozen=True, slots=True)
class TopicListing:
    """Descriptions of topics, and how many a pattern leaves out."""

    rows: list[dict[str, Any]]
    """One for each topic; see `topic_rows`."""
    replay_topics: int = 0
    """Topics that a replay made, which match a pattern and are left out."""
    internal_topics: int = 0


async def topic_listing(log: RecordLog, selection: TopicSelection, *, rates: bool = True) -> TopicListing:
    """Describe topics like `topic_rows`, and count what is left out; ``*`` may select nothing."""
    every = await described_topics(log, selection)
    nothing = selection.takes_all and not any(map(selection.matches, every))
    selected = [] if nothing else selection.resolve(every)
    names = {info.name for info in selected}
    hidden = [info for info in every if info.name not in names and selection.fits(info.name)]
    internal = sum(info.internal for info in hidden)
    return TopicListing(await _rows(log, selected, rates=rates), len(hidden) - internal, internal)


async def topic_rows(log: RecordLog, selection: TopicSelection, *, rates: bool = True) -> list[dict[str, Any]]:
    """Describe topics: one row for each, sorted by name.

    ``begin`` and ``end`` are sums of offsets over the partitions; ``records_at_most`` is their difference, an upper
    bound because of compaction and control records. ``records_per_s`` counts the offsets of the last `RATE_WINDOW_S`
    seconds by record timestamp, so a topic whose records carry old timestamps shows 0. ``size_bytes`` adds up the logs
    of the leaders on disk, ``disk_bytes`` those of all replicas. ``config`` has the settings that differ from their
    defaults, ``under_replicated`` and ``offline`` count partitions. A value that could not be read
    is None; ``unavailable`` names the settings, offsets or groups that failed.

    Args:
        log: An open record log.
        selection: The topics to describe.
        rates: Whether rates are counted; where they are not, ``records_per_s`` is None.

    Raises:
        UnknownTopicError: A name does not exist, or a pattern other than ``*`` matches nothing.
    """
    return (await topic_listing(log, selection, rates=rates)).rows


async def _rows(log: RecordLog, infos: list[TopicInfo], *, rates: bool) -> list[dict[str, Any]]:
    names = {info.name for info in infos}
    asked = groups_of_topics(log, names), _rates(log, infos if rates else []), _sizes(log, infos)
    (groups, trouble), by_topic, sizes = await asyncio.gather(*asked)
    rows = []
    for info in infos:
        row = _row(info, groups.get(info.name, []), trouble)
        rows.append(row | {"records_per_s": by_topic.get(info.name)} | _disk(info, sizes))
    return rows


async def partition_rows(log: RecordLog, selection: TopicSelection) -> list[dict[str, Any]]:
    """Describe partitions: one row for each, with leader, replicas, bounds and bytes.

    ``size_bytes`` is what the leader's log takes on disk, None where its broker does not tell.

    Args:
        log: An open record log.
        selection: The topics.

    Raises:
        UnknownTopicError: A name does not exist, or a pattern matches nothing.
    """
    infos = selection.resolve(await described_topics(log, selection))
    sizes = await _sizes(log, infos)
    return [
        {
            "topic": info.name,
            "partition": part.partition,
            "leader": part.leader,
            "replicas": list(part.replicas),
            "isr": list(part.isr),
            "begin": part.begin,
            "end": part.end,
            "records_at_most": None if part.begin is None or part.end is None else part.end - part.begin,
            "size_bytes": sizes.get(part.leader or 0, {}).get(TopicPartition(info.name, part.partition)),
        }
        for info in infos
        for part in info.partitions
    ]


def _row(info: TopicInfo, groups: list[str], trouble: str) -> dict[str, Any]:
    begins, ends = [p.begin for p in info.partitions], [p.end for p in info.partitions]
    begin = None if None in begins else sum(b or 0 for b in begins)
    end = None if None in ends else sum(e or 0 for e in ends)
    settings = {name: value.value for name, value in info.config.items()}
    retention = settings.get("retention.ms")
    return {
        "topic": info.name,
        "partitions": len(info.partitions),
        "replication_factor": info.replication_factor,
        "begin": begin,
        "end": end,
        "records_at_most": None if begin is None or end is None else end - begin,
        "records_per_s": None,
        "groups": None if trouble else len(groups),
        "group_ids": None if trouble else ", ".join(groups),
        "cleanup_policy": settings.get("cleanup.policy"),
        "retention_ms": None if retention is None else int(retention),
        "config": ", ".join(_differing(info)),
        "leaders": ", ".join(str(one) for one in sorted({p.leader for p in info.partitions if p.leader is not None})),
        "under_replicated": sum(len(part.isr) < len(part.replicas) for part in info.partitions),
        "offline": sum(part.leader is None for part in info.partitions),
        "internal": info.internal,
        "topic_id": info.topic_id,
        "unavailable": "; ".join([*info.unavailable, *([trouble] if trouble else [])]) or None,
    }


def _differing(info: TopicInfo) -> list[str]:
    """Return the settings that differ from their defaults; secret ones by name only."""
    changed = {name: one for name, one in sorted(info.config.items()) if not one.default}
    return [name if one.sensitive else f"{name}={one.value}" for name, one in changed.items()]


async def _sizes(log: RecordLog, infos: list[TopicInfo]) -> dict[int, dict[TopicPartition, int]]:
    try:
        return await log.log_sizes([TopicPartition(info.name, p.partition) for info in infos for p in info.partitions])
    except WorkbenchError:
        return {}


def _disk(info: TopicInfo, sizes: dict[int, dict[TopicPartition, int]]) -> dict[str, Any]:
    places = [(part.leader, TopicPartition(info.name, part.partition)) for part in info.partitions]
    led = [sizes.get(leader, {}).get(place) if leader is not None else None for leader, place in places]
    every = [held[place] for held in sizes.values() for _, place in places if place in held]
    return {
        "size_bytes": None if None in led or not led else sum(size or 0 for size in led),
        "disk_bytes": sum(every) if every else None,
    }


async def groups_of_topics(log: RecordLog, names: set[str]) -> tuple[dict[str, list[str]], str]:
    """Return the groups that read topics or stored offsets for them, by topic; or none and why they are not known."""
    gate = asyncio.Semaphore(_GROUPS_AT_ONCE)
    found: dict[str, set[str]] = {}
    try:
        described = await log.describe_groups(await log.groups())

        async def offsets_of(group_id: str) -> set[str]:
            async with gate:
                return {partition.topic for partition in await log.committed(group_id)}

        stored = await asyncio.gather(*(offsets_of(group.group_id) for group in described))
    except WorkbenchError as error:
        return {}, f"consumer groups: {error}"
    for group, topics in zip(described, stored, strict=True):
        assigned = {partition.topic for member in group.members for partition in member.partitions}
        for topic in (topics | assigned) & names:
            found.setdefault(topic, set()).add(group.group_id)
    return {topic: sorted(ids) for topic, ids in found.items()}, ""


async def _rates(log: RecordLog, infos: list[TopicInfo]) -> dict[str, float | None]:
    partitions = [TopicPartition(info.name, p.partition) for info in infos for p in info.partitions]
    since = AtTime(int((time.time() - RATE_WINDOW_S) * 1000))
    try:
        starts = await log.offsets(partitions, since, isolation="read_uncommitted")
        ends = await log.offsets(partitions, "latest", isolation="read_uncommitted")
    except WorkbenchError:
        return {}
    counted: dict[str, float | None] = {}
    for partition in partitions:
        start, end = starts.get(partition), ends.get(partition)
        rate = None if start is None or end is None else max(0, end - start) / RATE_WINDOW_S
        before = counted.get(partition.topic, 0.0)
        counted[partition.topic] = None if rate is None or before is None else before + rate
    return counted
