"""Joins raw records with the JSON that values and keys were decoded to, in the snapshots that have any."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

_POSITION = 'source_id, "partition", "offset"'
_DECODED = "(decoded IS NOT NULL OR decoded_key IS NOT NULL)"


def has_decoded(cursor: duckdb.DuckDBPyConnection, prefix: str = "") -> bool:
    """Whether any value of the snapshot was decoded from another format than JSON, or any key by a schema.

    Args:
        cursor: For the query.
        prefix: Catalogue and schema of the snapshot's views, with the dot behind.
    """
    # Where no row has one the column is null in whole row groups, which their statistics say.
    found = cursor.execute(f"SELECT 1 FROM {prefix}events WHERE {_DECODED} LIMIT 1").fetchone()  # noqa: S608 - a name of ours
    return found is not None


def rows_with_decoded(prefix: str = "") -> str:
    """Write ``records`` with the columns ``decoded`` and ``decoded_key`` of their events."""
    decoded = f"SELECT {_POSITION}, decoded, decoded_key FROM {prefix}events WHERE {_DECODED}"  # noqa: S608 - names of ours
    return f"(SELECT * FROM {prefix}records LEFT JOIN ({decoded}) USING ({_POSITION}))"  # noqa: S608 - same
