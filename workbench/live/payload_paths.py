"""Reads what a condition takes out of payloads before DuckDB does: in one pass, where all readers find the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from workbench.decoding.native.members import MemberTable
from workbench.decoding.native.path_texts import path_texts
from workbench.store.sql.condition import expression_places

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa
    from numpy.typing import NDArray

    Path = tuple[str, ...]

PREFIX = "wb_path_"
"""Beginning of the names of columns that hold what stands at a path."""
_NAME = "[A-Za-z_][A-Za-z0-9_-]*"
_PATH = re.compile(
    rf"payload((?:\s*->\s*'{_NAME}')*)\s*->>\s*'({_NAME}|\$(?:\.[A-Za-z_][A-Za-z0-9_]*)+)'", re.ASCII | re.IGNORECASE
)
_COLUMN = re.compile(rf"\b{PREFIX}([0-9]+)\b", re.ASCII)
_QUOTED = re.compile(rf"'({_NAME})'", re.ASCII)


@dataclass(frozen=True, slots=True)
class PayloadPaths:
    """The paths of a condition, each a column of its own.

    Attributes:
        text: The condition over these columns.
        names: The columns, in the order of `taken`.
    """

    text: str
    names: tuple[str, ...]
    _written: tuple[str, ...]
    _table: MemberTable
    _columns: NDArray[np.int32]

    def taken(self, values: pa.Array) -> tuple[list[pa.Array], NDArray[np.bool_]]:
        """Return what stands at each path as DuckDB's ``->>`` gives it, and for which rows that is known."""
        return path_texts(values, self._table, self._columns, len(self.names))

    def as_written(self, message: str) -> str:
        """Put what the user wrote in the place of the columns, in an error of DuckDB."""
        return _COLUMN.sub(lambda found: self._written[int(found[1])], message)


def payload_paths(cursor: duckdb.DuckDBPyConnection, condition: str) -> PayloadPaths | None:
    """Return the paths of a condition that was read; None if it has none that is written plainly.

    Args:
        cursor: Parses; nothing is run.
        condition: One expression.
    """
    places = {}
    for start, stop in expression_places(cursor, condition):
        if found := _PATH.fullmatch(condition, start, stop):
            places[start, stop] = _path(found)
    if not places:
        return None
    paths = sorted(set(places.values()))
    named = {path: f"{PREFIX}{number}" for number, path in enumerate(paths)}
    text = condition
    for start, stop in sorted(places, reverse=True):
        text = f"{text[:start]}{named[places[start, stop]]}{text[stop:]}"
    ways = sorted({path[:size] for path in paths for size in range(1, len(path) + 1)})
    columns = [-1, *(paths.index(way) if way in named else -1 for way in ways)]
    table = MemberTable({way: number for number, way in enumerate(ways, start=1)})
    written = tuple(
        next(condition[start:stop] for (start, stop), one in places.items() if one == path) for path in paths
    )
    return PayloadPaths(text, tuple(named.values()), written, table, np.array(columns, np.int32))


def _path(found: re.Match[str]) -> Path:
    before = tuple(_QUOTED.findall(found[1]))
    return (*before, *(found[2].split(".")[1:] if found[2].startswith("$") else (found[2],)))
