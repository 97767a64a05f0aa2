"""Compares two snapshots: keys and their newest values, shares of event types, fields of payloads and headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.engine import engine
from workbench.errors import ValidationError
from workbench.exploration.comparison import KEPT_KEYS, SnapshotComparison
from workbench.exploration.describing import describe
from workbench.exploration.sampling import SAMPLE_RECORDS
from workbench.exploration.schema_usage import usage_of
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.topics import TopicInfo

if TYPE_CHECKING:
    from collections.abc import Sequence

    import duckdb
    import pyarrow as pa

    from workbench.exploration.description import Description
    from workbench.exploration.fields import Field
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.store import SnapshotStore

SCHEMAS = "(schemas of values)"
"""Stands in the place of a field where two snapshots name other schemas of a registry."""
DRIFT_SHARE = 0.05
"""Difference of two shares of nulls from which a field is listed."""

_KEYS = """
WITH placed AS (
    SELECT topic, source_id, "partition", key, count(*) AS records, max("offset") AS "offset",
        max_by(timestamp_ms, "offset") AS moment, max_by(coalesce(unhex(md5(value)), ''::BLOB), "offset") AS digest
    FROM records WHERE key IS NOT NULL AND list_contains($topics::VARCHAR[], topic) GROUP BY ALL
)
SELECT topic, key, sum(records)::BIGINT AS records,
    max_by({'partition': "partition", 'offset': "offset", 'digest': digest}, (moment, source_id, "partition")) AS newest
FROM placed GROUP BY topic, key
"""
"""Each key with its newest value: the last of its partition, and of several partitions the latest by time."""

_TOPICS = """
SELECT topic, count(*)::BIGINT AS records, count(*) FILTER (key IS NULL)::BIGINT AS keyless,
    count(*) FILTER (value IS NULL)::BIGINT AS tombstones
FROM records WHERE list_contains($topics::VARCHAR[], topic) GROUP BY topic
"""
_TYPES = """
SELECT topic, event_type, count(*)::BIGINT AS records FROM events
WHERE list_contains($topics::VARCHAR[], topic) GROUP BY topic, event_type
"""
_JOINED = """
SELECT coalesce(a.topic, b.topic) AS topic, coalesce(a.key, b.key) AS key,
    CASE WHEN a.key IS NULL THEN 'new' WHEN b.key IS NULL THEN 'missing'
        WHEN a.newest.digest <> b.newest.digest THEN 'changed' ELSE 'same' END AS difference,
    a.newest.partition AS partition_a, a.newest.offset AS offset_a, a.records AS records_a,
    b.newest.partition AS partition_b, b.newest.offset AS offset_b, b.records AS records_b
FROM first AS a FULL JOIN second AS b ON a.topic = b.topic AND a.key = b.key
"""
_TYPE_SHARES = """
WITH counts AS (
    SELECT coalesce(a.topic, b.topic) AS topic, coalesce(a.event_type, b.event_type) AS event_type,
        coalesce(a.records, 0) AS records_a, coalesce(b.records, 0) AS records_b
    FROM first AS a FULL JOIN second AS b ON a.topic = b.topic AND a.event_type IS NOT DISTINCT FROM b.event_type
), shares AS (
    SELECT *, records_a / nullif(sum(records_a) OVER (PARTITION BY topic), 0) AS share_a,
        records_b / nullif(sum(records_b) OVER (PARTITION BY topic), 0) AS share_b
    FROM counts
)
SELECT topic, event_type, records_a::BIGINT AS records_a, records_b::BIGINT AS records_b,
    share_a::DOUBLE AS share_a, share_b::DOUBLE AS share_b,
    (coalesce(share_b, 0) - coalesce(share_a, 0))::DOUBLE AS change
FROM shares ORDER BY topic, abs(change) DESC, event_type
"""
_COUNTS = f"SELECT topic, difference, count(*)::BIGINT AS keys FROM ({_JOINED}) GROUP BY ALL"  # noqa: S608 - our own text
_DIFFERENCES = f"""
SELECT * FROM ({_JOINED}) WHERE difference <> 'same' ORDER BY topic, difference, key LIMIT {KEPT_KEYS}
"""  # noqa: S608 - same


def compare_snapshots(
    first: SnapshotStore, second: SnapshotStore, topics: TopicsLike | None = None, *, sample: int = SAMPLE_RECORDS
) -> SnapshotComparison:
    """Compare two snapshots.

    Args:
        first: The earlier one, ``a``.
        second: The later one, ``b``.
        topics: Name, list, shell pattern or regular expression; by default all topics of both.
        sample: Newest records of each topic that are looked into for fields.

    Raises:
        UnknownTopicError: Neither has such a topic.
        ValidationError: Both are the same open snapshot, or ``sample`` is no number of records.
    """
    if first is second:
        raise ValidationError("A snapshot is compared with another one; these are one and the same.")
    names = _topics((first, second), topics)
    with engine(first=_table(first, _KEYS, names), second=_table(second, _KEYS, names)) as cursor:
        counts = _rows(cursor, _COUNTS)
        differences = cursor.sql(_DIFFERENCES).to_arrow_table()
    with engine(first=_table(first, _TYPES, names), second=_table(second, _TYPES, names)) as cursor:
        types = cursor.sql(_TYPE_SHARES).to_arrow_table()
    totals = [{row["topic"]: row for row in _table(one, _TOPICS, names).to_pylist()} for one in (first, second)]
    described = [_described(one, names, sample) for one in (first, second)]
    schemas = [_schemas(one) for one in (first, second)]
    return SnapshotComparison(
        (first.path.name, second.path.name),
        [_topic(name, totals, counts) for name in names],
        keys=differences,
        types=types,
        fields=[row for name in names for row in (*_schema_drift(name, schemas), *_drift(name, described))],
        ranges=(first.ranges_table(), second.ranges_table()),
    )


def _topics(stores: Sequence[SnapshotStore], topics: TopicsLike | None) -> list[str]:
    known = sorted({source.topic for store in stores for source in store.sources()})
    if topics is None:
        return known
    stored = [TopicInfo(topic, None, internal=False, partitions=()) for topic in known]
    return [topic.name for topic in parse_topics(topics).resolve(stored)]


def _table(store: SnapshotStore, query: str, topics: Sequence[str]) -> pa.Table:
    return store.sql_arrow(query, {"topics": list(topics)})


def _rows(cursor: duckdb.DuckDBPyConnection, query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = cursor.sql(query).to_arrow_table().to_pylist()
    return rows


def _topic(name: str, totals: Sequence[dict[str, dict[str, Any]]], counts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    row: dict[str, Any] = {"topic": name}
    for column in ("records", "keyless", "tombstones"):
        for side, found in zip("ab", totals, strict=True):
            row[f"{column}_{side}"] = found[name][column] if name in found else 0
    own = {one["difference"]: one["keys"] for one in counts if one["topic"] == name}
    return row | {difference: own.get(difference, 0) for difference in ("new", "missing", "changed", "same")}


def _described(store: SnapshotStore, topics: Sequence[str], sample: int) -> Description | None:
    own = {source.topic for source in store.sources()}
    wanted = [topic for topic in topics if topic in own]
    return describe(store, wanted, sample=sample) if wanted else None


def _schemas(store: SnapshotStore) -> dict[str, str]:
    """Return for each topic the schemas that its values name, by their ids in the registry."""
    found: dict[str, set[tuple[int, str]]] = {}
    for row in usage_of(store):
        if row["schema_id"] is not None:
            name = f" ({row['schema']})" if row["schema"] else ""
            found.setdefault(row["topic"], set()).add((row["schema_id"], f"id {row['schema_id']}{name}"))
    return {topic: ", ".join(text for _, text in sorted(schemas)) for topic, schemas in found.items()}


def _schema_drift(topic: str, schemas: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    before, after = (one.get(topic) for one in schemas)
    if before == after:
        return []
    return [{"topic": topic, "field": SCHEMAS, "difference": "schemas", "a": before, "b": after}]


def _drift(topic: str, described: Sequence[Description | None]) -> list[dict[str, Any]]:
    """Compare the fields of a topic that both have; of one that one of them lacks there is nothing to compare."""
    before, after = ({} if one is None else _fields(one, topic) for one in described)
    if not before or not after:
        return []
    rows = []
    for selector in sorted(before.keys() | after.keys()):
        old, new = before.get(selector), after.get(selector)
        for difference, values in _differences(old, new):
            rows.append({"topic": topic, "field": selector, "difference": difference, "a": values[0], "b": values[1]})
    return rows


def _fields(description: Description, topic: str) -> dict[str, Field]:
    return {field.selector: field for field in description.fields_of(topic)}


def _differences(old: Field | None, new: Field | None) -> list[tuple[str, tuple[str | None, str | None]]]:
    if old is None or new is None:
        types = (None if old is None else old.type, None if new is None else new.type)
        return [("new" if old is None else "gone", types)]
    found: list[tuple[str, tuple[str | None, str | None]]] = []
    if old.type != new.type:
        found.append(("type", (old.type, new.type)))
    if abs(old.null_share - new.null_share) >= DRIFT_SHARE:
        found.append(("null share", (f"{old.null_share:.0%}", f"{new.null_share:.0%}")))
    return found
