"""Selections and target facts for tests of plans."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa

from workbench.model.records.columns import RECORD
from workbench.model.selecting.selection import SelectedSource
from workbench.replay import Connection, Draft, GroupFacts, Plan, TargetFacts, TopicFacts

NOW_MS = 1_800_000_000_000
RUN_ID = "6f1d2c3b-4a59-4e68-8c77-0123456789ab"
SCHEMA = pa.schema(
    [
        *RECORD,
        pa.field("source_id", pa.int32(), nullable=False),
        pa.field("cluster", pa.string()),
        pa.field("topic", pa.string()),
    ],
)
SETTINGS = {
    "retention.ms": "-1",
    "cleanup.policy": "delete",
    "max.message.bytes": "1048588",
    "message.timestamp.type": "CreateTime",
    "message.timestamp.before.max.ms": str((1 << 63) - 1),
    "message.timestamp.after.max.ms": "3600000",
}
ORDERS = SelectedSource(1, "source-cluster", "demo", "orders", "read_committed", partitions=3)


def row(offset: int, **changes: Any) -> dict[str, Any]:
    """One selected record; headers may be given as pairs."""
    headers = changes.pop("headers", ())
    return {
        "partition": 0,
        "offset": offset,
        "timestamp_ms": NOW_MS - 60_000 + offset,
        "timestamp_type": 0,
        "key": b"k",
        "value": b"v%d" % offset,
        "source_id": 1,
        "cluster": "demo",
        "topic": "orders",
        "headers": [{"name": name, "value": value} for name, value in headers],
        **changes,
    }


def table(*rows: dict[str, Any], **columns: list[Any]) -> pa.Table:
    """A selection of these rows, with further columns."""
    made = pa.Table.from_pylist(list(rows), schema=SCHEMA)
    for name, values in columns.items():
        made = made.append_column(name, pa.array(values))
    return made


def draft(
    *rows: dict[str, Any], source: SelectedSource = ORDERS, columns: dict[str, list[Any]] | None = None, **options: Any
) -> Draft:
    return Draft(table(*(rows or (row(10), row(11), row(12))), **(columns or {})), sources=[source], **options)


def topic(name: str = "copy", partitions: int = 3, *, exists: bool = True, **settings: str | None) -> TopicFacts:
    config = {**SETTINGS, **{key.replace("__", "."): value for key, value in settings.items()}} if exists else {}
    at = dict.fromkeys(range(partitions if exists else 0), 0)
    return TopicFacts(name, exists=exists, topic_id="t-1" if exists else None, begin=at, end=at, config=config)


def facts(*topics: TopicFacts, to: str | None = "copy", **changes: Any) -> TargetFacts:
    """Facts of a target that takes everything, on another cluster than the source."""
    name = to or f"orders.replay.{RUN_ID[:8]}"
    known = topics or (topic(name, exists=to is not None),)
    return replace(
        TargetFacts(
            run_id=RUN_ID,
            asked_at_ms=NOW_MS,
            cluster_id="target-cluster",
            address="memory://target",
            connection=Connection(read_only=False),
            targets={"orders": name},
            named=to is not None,
            topics={item.name: item for item in known},
        ),
        **changes,
    )


def group(group_id: str = "billing", members: int = 1) -> GroupFacts:
    return GroupFacts(group_id, "Stable", members, {"copy": {0: 0}})


def warnings_of(plan: Plan) -> str:
    """The warnings of a plan as one text."""
    return "\n".join(plan.warnings)
