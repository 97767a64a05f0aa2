"""Gives a query over a snapshot the columns that it names: text and JSON of the bytes, and the bytes beside events.

``records`` and ``events`` as they are stored have neither. Reading text takes time, and joining the values to the
events takes more, so a query gets wider views of the same names only if it names such a column. They live as long as
its cursor.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from workbench.store.payload.columns import HEADER_MACRO, RAW_COLUMNS, TEXT_COLUMNS, columns_of_bytes
from workbench.store.payload.decoded import has_decoded, rows_with_decoded
from workbench.store.payload.relation import PREFIX

if TYPE_CHECKING:
    from collections.abc import Collection

    import duckdb

_TEXT = re.compile(rf"\b({'|'.join(TEXT_COLUMNS)})\b", re.IGNORECASE)
_RAW = re.compile(rf"\b({'|'.join((*TEXT_COLUMNS, *RAW_COLUMNS))})\b", re.IGNORECASE)
_HEADER = re.compile(r"\bheader\s*\(", re.IGNORECASE)
_POSITION = 'source_id, "partition", "offset"'


def widen(cursor: duckdb.DuckDBPyConnection, text: str, tables: Collection[str]) -> None:
    """Define the views and the macro that a query needs, for this cursor only.

    A word of the query that is no column at all costs time, but changes no answer. Where a user joins ``records`` to
    ``events``, the events stay as they are, so that a column such as ``value`` has one meaning.

    Args:
        cursor: The cursor of the query.
        text: The query, or the parts of it that a user wrote.
        tables: Tables that the user names in it.
    """
    if _HEADER.search(text):
        cursor.execute(HEADER_MACRO)
    as_text, joined = _TEXT.search(text), {"records", "events"} <= {name.lower() for name in tables}
    if not as_text and (joined or not _RAW.search(text)):
        return
    stored = f"{_catalogue(cursor)}.main"
    decoded = bool(as_text) and has_decoded(cursor, f"{stored}.")
    if as_text:
        rows = rows_with_decoded(f"{stored}.") if decoded else f"{stored}.records"
        hidden = "* EXCLUDE (decoded, decoded_key)" if decoded else "*"
        cursor.execute(f"CREATE TEMP VIEW records AS SELECT {hidden}, {columns_of_bytes(decoded=decoded)} FROM {rows}")  # noqa: S608 - names of ours
    if not joined:
        more = ", key_text, value_text, payload" if as_text else ""
        raw = "records" if as_text else f"{stored}.records"
        cursor.execute(
            f"CREATE TEMP VIEW events AS SELECT * FROM {stored}.events JOIN "  # noqa: S608 - same
            f"(SELECT {_POSITION}, {', '.join(RAW_COLUMNS)}{more} FROM {raw}) USING ({_POSITION})"
        )


def read_parts(text: str, tables: set[str]) -> set[str]:
    """Return the tables that a query reads in the end: events with their bytes, and payloads, read ``records``."""
    wide = "events" in tables and _RAW.search(text) is not None
    typed = any(name.startswith(PREFIX) for name in tables)
    return tables | {"records"} if wide or typed else tables


def _catalogue(cursor: duckdb.DuckDBPyConnection) -> str:
    """Return the quoted name of the snapshot's database: a view cannot read one of its own name otherwise."""
    [(name,)] = cursor.execute("SELECT current_database()").fetchall()
    return '"' + str(name).replace('"', '""') + '"'
