"""The topics of a cluster as a frame."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from workbench.bus.protocols import AtTime
from workbench.errors import WorkbenchError
from workbench.model import TopicPartition

if TYPE_CHECKING:
    import pandas as pd

    from workbench.bus.protocols import RecordLog
    from workbench.model import TopicInfo
    from workbench.model.topic_selection import TopicSelection

RATE_WINDOW_S = 60
_AT_ONCE = 10

COLUMNS = {
    "topic": "str",
    "partitions": "Int64",
    "replication_factor": "Int64",
    "begin": "Int64",
    "end": "Int64",
    "records_at_most": "Int64",
    "records_per_s": "Float64",
    "groups": "Int64",
    "group_ids": "str",
    "cleanup_policy": "str",
    "retention_ms": "Int64",
    "internal": "boolean",
    "topic_id": "str",
    "unavailable": "str",
}
"""Columns and dtypes. ``begin`` and ``end`` are sums over partitions; ``records_at_most`` is their difference."""


async def topic_rows(log: RecordLog, selection: TopicSelection) -> list[dict[str, Any]]:
    """Describe topics, one row of `COLUMNS` each, sorted by name.

    The rate is what was appended in the last minute, by record timestamps: a topic fed with old timestamps shows 0.

    Raises:
        UnknownTopicError: A name does not exist, or a pattern matches nothing.
    """
    infos = selection.resolve(await log.describe())
    names = {info.name for info in infos}
    (groups, trouble), rates = await asyncio.gather(_groups(log, names), _rates(log, infos))
    return [_row(info, groups.get(info.name, []), rates.get(info.name), trouble) for info in infos]


def topics_frame(rows: list[dict[str, Any]], *, provenance: dict[str, Any]) -> pd.DataFrame:
    """Put the rows into a frame of fixed dtypes, with its provenance in ``.attrs``."""
    import pandas as pd

    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    frame.attrs["provenance"] = [{**provenance, "offsets": "high watermarks", "rate_window_s": RATE_WINDOW_S}]
    return frame


def _row(info: TopicInfo, groups: list[str], rate: float | None, trouble: str) -> dict[str, Any]:
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
        "records_per_s": rate,
        "groups": None if trouble else len(groups),
        "group_ids": None if trouble else ", ".join(groups),
        "cleanup_policy": settings.get("cleanup.policy"),
        "retention_ms": None if retention is None else int(retention),
        "internal": info.internal,
        "topic_id": info.topic_id,
        "unavailable": "; ".join([*info.unavailable, *([trouble] if trouble else [])]) or None,
    }


async def _groups(log: RecordLog, names: set[str]) -> tuple[dict[str, list[str]], str]:
    gate = asyncio.Semaphore(_AT_ONCE)
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
        held = {partition.topic for member in group.members for partition in member.partitions}
        for topic in (topics | held) & names:
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
