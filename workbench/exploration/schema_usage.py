"""Says which schemas the stored values of each partition name, since when, and how often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.store.snapshot.schemas import schemas_by_cluster

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

    from workbench.store.snapshot.store import SnapshotStore

COLUMNS = {
    "cluster": "str",
    "topic": "str",
    "partition": "Int64",
    "schema_id": "Int64",
    "type": "str",
    "schema": "str",
    "records": "Int64",
    "first_offset": "Int64",
    "last_offset": "Int64",
    "first_time": "datetime64[ms, UTC]",
    "last_time": "datetime64[ms, UTC]",
}
"""Columns of `schema_usage` and their dtypes."""
_BATCH_ROWS = 200_000
_KEYS = ["source_id", "partition", "schema_id"]
# The first bytes alone: values may be large, and the frame stands at their beginning.
_HEADS = """
SELECT source_id, "partition", "offset", timestamp_ms, {column}[1:{bytes}] AS head FROM records
WHERE {column} IS NOT NULL
"""
_LAST_MS = 253_402_300_799_999


def schema_usage(store: SnapshotStore) -> pd.DataFrame:
    """Return a frame with a row for each partition and schema id that its values name, in the order of offsets.

    ``schema_id`` is absent for values that name none. ``type`` and ``schema``, the schema's own name, are known where
    the snapshot has the schema. Times are those of the records.
    """
    import pandas as pd

    rows = [
        {**row, "first_time": _time(row["first_ms"]), "last_time": _time(row["last_ms"])} for row in usage_of(store)
    ]
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)
    frame.attrs["provenance"] = store.ranges_table()
    return frame


def usage_of(store: SnapshotStore) -> list[dict[str, Any]]:
    """Return the rows of `schema_usage` as plain values, with the id of the cluster, and times in milliseconds."""
    sources = {one.source_id: one for one in store.sources()}
    known = schemas_by_cluster(store)
    order = [(name, "ascending") for name in ("source_id", "partition", "first_offset")]
    rows = []
    for row in _counted(store).sort_by(order).to_pylist():
        source = sources[row["source_id"]]
        number = row["schema_id"] if row["schema_id"] >= 0 else None
        schemas = known.get(source.cluster_id or "")
        schema = schemas.by_id.get(number) if schemas is not None and number is not None else None
        named = {"type": schema.type, "schema": schema_name(schema.type, schema.text)} if schema is not None else {}
        where = {"cluster": source.cluster, "cluster_id": source.cluster_id or "", "topic": source.topic}
        rows.append({**row, **where, "schema_id": number, "type": None, "schema": None, **named})
    return rows


def named_by_cluster(store: SnapshotStore, column: str = "value") -> dict[str, set[int]]:
    """Return the ids that stored values, or keys, name, by the id of the cluster of their records."""
    clusters = {one.source_id: one.cluster_id or "" for one in store.sources()}
    found: dict[str, set[int]] = {}
    for row in _counted(store, column).select(["source_id", "schema_id"]).to_pylist():
        if row["schema_id"] >= 0:
            found.setdefault(clusters[row["source_id"]], set()).add(row["schema_id"])
    return found


def schema_name(kind: str, text: str) -> str | None:
    """Return the name that a schema gives itself: Avro's full name, JSON Schema's title or id, Protobuf's message."""
    import json
    import re

    if kind == "PROTOBUF":
        package = re.search(r"(?m)^\s*package\s+([\w.]+)\s*;", text)
        message = re.search(r"(?m)^\s*message\s+(\w+)", text)
        return ".".join(found[1] for found in (package, message) if found) or None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict):
        return found if isinstance(found, str) else None
    name = found.get("title") or found.get("$id") if kind == "JSON" else found.get("name")
    space = found.get("namespace") if kind == "AVRO" else None
    if not isinstance(name, str):
        return None
    return f"{space}.{name}" if isinstance(space, str) and space and "." not in name else name


def _counted(store: SnapshotStore, column: str = "value") -> pa.Table:
    """Count by source, partition and id, a batch of rows at a time."""
    import pyarrow as pa

    from workbench.decoding.formats.framing import REGISTRY_PREFIX_BYTES, schema_ids

    parts: list[pa.Table] = []
    with store.record_batches(
        _HEADS.format(column=column, bytes=REGISTRY_PREFIX_BYTES), None, None, _BATCH_ROWS
    ) as batches:
        for batch in batches:
            ids = pa.array(schema_ids(batch.column("head").cast(pa.binary())))
            table = pa.table(batch).drop_columns(["head"]).append_column("schema_id", ids)
            first = table.append_column("first_ms", table["timestamp_ms"]).rename_columns(
                ["source_id", "partition", "first_offset", "last_ms", "schema_id", "first_ms"]
            )
            rows = first.append_column("last_offset", first["first_offset"]).append_column(
                "records", pa.repeat(pa.scalar(1, pa.int64()), len(first))
            )
            parts.append(_grouped(rows))
    if not parts:
        return _grouped(_empty())
    return _grouped(pa.concat_tables(parts))


_AGGREGATES: list[tuple[str, str]] = [
    ("records", "sum"),
    ("first_offset", "min"),
    ("last_offset", "max"),
    ("first_ms", "min"),
    ("last_ms", "max"),
]


def _grouped(rows: pa.Table) -> pa.Table:
    grouped = rows.group_by(_KEYS).aggregate(_AGGREGATES)
    return grouped.rename_columns(
        [name.removesuffix("_sum").removesuffix("_min").removesuffix("_max") for name in grouped.column_names]
    )


def _empty() -> pa.Table:
    import pyarrow as pa

    names = ["records", "first_offset", "last_offset", "first_ms", "last_ms", "schema_id"]
    fields = [("source_id", pa.int32()), ("partition", pa.int32()), *((name, pa.int64()) for name in names)]
    return pa.schema(fields).empty_table()


def _time(milliseconds: int | None) -> Any:
    import pandas as pd

    if milliseconds is None or not 0 <= milliseconds <= _LAST_MS:
        return pd.NaT
    return pd.Timestamp(milliseconds, unit="ms", tz="UTC")
