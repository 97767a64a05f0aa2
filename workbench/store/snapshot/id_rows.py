"""Reads the rows that the index of ids found: of a segment only the row groups that hold them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.store.file.views import event_rows, record_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import duckdb

    from workbench.store.ids.entries import Numbers
    from workbench.store.ids.parts import IdParts
    from workbench.store.segments.checksums import Part, SegmentChecks

_POSITION = '"source_id", "partition", "offset"'
_SOURCES = "(SELECT source_id, cluster_id, cluster, topic FROM sources) USING (source_id)"


def read_rows(
    cursor: duckdb.DuckDBPyConnection,
    parts: IdParts,
    rows: Numbers,
    expressions: Sequence[str],
    *,
    part: Part,
    checks: SegmentChecks,
) -> pa.Table:
    """Read some rows in order of position.

    Args:
        cursor: For the query.
        parts: The index that found the rows.
        rows: Rows as the index counts them.
        expressions: SQL over stored columns, and ``cluster_id``, ``cluster``, ``topic``.
        part: Raw rows or decoded ones.
        checks: Compares files with their checksums before they are read.

    Raises:
        SnapshotFormatError: A segment file that holds one of them is damaged.
    """
    divided = list(parts.places(rows))
    segments = [number for one, _ in divided if (number := parts.parts[one].segment_id) is not None]
    checks.check(cursor, (part,), segments=segments)
    selects = list(_selects(cursor, parts, divided, part)) or [f"SELECT * FROM packed_{part} LIMIT 0"]  # noqa: S608 - a name of ours
    listed, stored = ", ".join(expressions), " UNION ALL BY NAME ".join(selects)
    query = f"SELECT {listed} FROM ({stored}) JOIN {_SOURCES} ORDER BY {_POSITION}"  # noqa: S608 - names of ours
    return cursor.sql(query).to_arrow_table()


def _selects(
    cursor: duckdb.DuckDBPyConnection, parts: IdParts, divided: Sequence[tuple[int, Numbers]], part: Part
) -> Iterator[str]:
    of_segment = event_rows if part == "events" else record_rows
    for number, places in divided:
        rows = parts.parts[number]
        if rows.segment_id is not None:
            listed = ", ".join(map(str, places.tolist()))
            for select in of_segment(cursor, [rows.segment_id]):
                yield f"{select} WHERE file_row_number IN ({listed})"
        elif rows.positions is not None:
            name = f"picked_{number}"
            cursor.register(name, rows.positions.take(pa.array(places)))
            yield f"SELECT s.* FROM packed_{part} AS s SEMI JOIN {name} USING ({_POSITION})"  # noqa: S608 - names of ours
