"""Gives SQL of users tables of their own: pandas frames and Arrow tables under the names they were passed by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import pyarrow as pa

from workbench.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

OwnFrames: TypeAlias = "Mapping[str, Any]"
"""Frames by the name that a query calls them: pandas, Arrow, or any object with ``__arrow_c_stream__``."""


def register_frames(cursor: duckdb.DuckDBPyConnection, frames: OwnFrames) -> None:
    """Make frames readable as tables of one cursor; nothing is stored, and no Python variable is ever looked up.

    Raises:
        QueryError: A name is taken by a table of the snapshot, or a value is no frame that Arrow can hold.
    """
    if not frames:
        return
    taken = {
        str(name).casefold()
        for (name,) in cursor.execute(
            "SELECT table_name FROM duckdb_tables() UNION ALL SELECT view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
    }
    for name, frame in frames.items():
        if name.casefold() in taken:
            raise QueryError(f"The snapshot has a table {name}; pass your frame under another name.")
        cursor.register(name, _arrow(name, frame))


def _arrow(name: str, frame: Any) -> pa.Table:
    import pandas as pd

    try:
        if isinstance(frame, pd.DataFrame):
            # An index without a name is only a row number; one with a name is a column that queries may join.
            named = any(level is not None for level in frame.index.names)
            return pa.Table.from_pandas(frame, preserve_index=named)
        if isinstance(frame, pa.Table):
            return frame
        if hasattr(frame, "__arrow_c_stream__"):
            return pa.table(frame)
    except (pa.ArrowException, ValueError, TypeError) as error:
        raise QueryError(
            f"{name}= cannot be read as a table: {error}. Give each column values of one type, for instance with "
            "astype(str)."
        ) from error
    raise QueryError(f"{name}= is a {type(frame).__name__}; pass a pandas frame or an Arrow table.")
