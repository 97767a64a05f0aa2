"""Translates Arrow types to DuckDB column types, so that each layout is defined once, as an Arrow schema."""

from __future__ import annotations

import pyarrow as pa

_SCALARS = {
    pa.bool_(): "BOOLEAN",
    pa.int8(): "TINYINT",
    pa.int32(): "INTEGER",
    pa.int64(): "BIGINT",
    pa.string(): "VARCHAR",
    pa.binary(): "BLOB",
    pa.timestamp("us"): "TIMESTAMP",
}


def sql_type(kind: pa.DataType) -> str:
    """Return the DuckDB type of an Arrow type of the layouts."""
    if pa.types.is_list(kind):
        return f"{sql_type(kind.value_type)}[]"
    if pa.types.is_struct(kind):
        fields = ", ".join(f'"{field.name}" {sql_type(field.type)}' for field in kind)
        return f"STRUCT({fields})"
    return _SCALARS[kind]


def columns(schema: pa.Schema) -> str:
    """Return the column list of a CREATE TABLE statement; payloads are compressed with ZSTD.

    For texts DuckDB chooses by itself: its dictionaries make a third to a half of what ZSTD makes of ids and words.
    """
    return ", ".join(f'"{field.name}" {sql_type(field.type)}{_suffix(field)}' for field in schema)


def names(schema: pa.Schema) -> str:
    """Return the column list of a SELECT statement."""
    return ", ".join(f'"{name}"' for name in schema.names)


def _suffix(field: pa.Field) -> str:
    compression = " USING COMPRESSION zstd" if field.type == pa.binary() else ""
    return compression if field.nullable else f" NOT NULL{compression}"
