"""Matches rows by a condition in SQL, in a DuckDB that can reach no file, no network and no other data."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa

from workbench.errors import QueryError, ValidationError
from workbench.live.payload_paths import payload_paths
from workbench.live.utf8_text import valid_text
from workbench.store.payload.columns import HEADER_MACRO, TEXT_COLUMNS, columns_of_text, text_sources
from workbench.store.sql.condition import parse_condition
from workbench.text import duration_text, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from workbench.live.payload_paths import PayloadPaths
    from workbench.store.sql.condition import Condition

TIME_LIMIT_S = 5.0
"""Longest that a condition may take over the rows that are held, or over a batch that arrived."""

_ROW = "wb_row"
_HIT = "wb_hit"
_NONE = np.empty(0, dtype=np.int64)
_POLICY: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": "false",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
    "memory_limit": "256MB",
    "threads": "1",
}


@dataclass(frozen=True, slots=True)
class _OverPaths:
    """The same condition over columns that hold what stands at the paths of payloads."""

    paths: PayloadPaths
    columns: tuple[str, ...]
    statement: str


def refused(message: str, name: str = "filter") -> ValidationError:
    """Make the error of a filter that cannot be used."""
    return ValidationError(message, errors=[(name, message, "str")])


class RowCondition:
    """A condition over the columns of rows; a `workbench.live.row_filter.RowFilter`.

    Args:
        text: One SQL expression; nothing in it may reach beyond the columns of the row.
        schema: The columns. Binary ones are text in the condition, null where they are not UTF-8; with ``key`` and
            ``value`` there are the columns and the function of `workbench.store.payload.columns`, too.
        name: What it is, in messages.

    Raises:
        ValidationError: The text is not such an expression.
    """

    def __init__(self, text: str, schema: pa.Schema, *, name: str = "filter") -> None:
        self._name = name
        self._cancelled = False
        self._connection = duckdb.connect(":memory:", config=_POLICY)
        self._connection.execute(HEADER_MACRO)
        self._connection.execute("SET lock_configuration = true")
        names = [*schema.names, *TEXT_COLUMNS]
        try:
            condition = parse_condition(self._connection, text, names)
            self.columns, rows = _read(condition, schema)
            self.required = condition.required
            """Texts that the JSON of a row has where it is true."""
            self.reads_payload = "payload" in condition.columns
            """Whether it reads the value as JSON."""
            where = f"(\n{condition.text}\n)"
            self._statement = f"SELECT {_ROW} FROM {rows} WHERE {where}"  # noqa: S608 - checked to be one expression
            self._with_unread = (
                f"SELECT {_ROW}, coalesce({where}, false) AS {_HIT} FROM {rows} "  # noqa: S608 - same
                f"WHERE {where} OR payload IS NULL"
            )
            self._find(self._statement, self._columns_of(schema.empty_table()), _NONE)
            self._by_path = self._over_paths(condition, schema) if self.reads_payload else None
        except (QueryError, duckdb.Error) as error:
            self.close()
            raise self._refused(f"cannot be read: {_first_line(error)}{_hint(error, names)}") from error

    def _over_paths(self, condition: Condition, schema: pa.Schema) -> _OverPaths | None:
        """Return the condition over what it takes out of the payload; None if it asks more of that."""
        paths = payload_paths(self._connection, condition.text)
        if paths is None:
            return None
        with_paths = pa.schema([*schema, *(pa.field(name, pa.string()) for name in paths.names)])
        other = parse_condition(self._connection, paths.text, [*with_paths.names, *TEXT_COLUMNS])
        if "payload" in other.columns:
            return None
        columns, rows = _read(other, with_paths)
        statement = f"SELECT {_ROW} FROM {rows} WHERE (\n{other.text}\n)"  # noqa: S608 - checked to be one expression
        return _OverPaths(paths, tuple(name for name in columns if name not in paths.names), statement)

    def matches(self, rows: pa.Table) -> NDArray[np.int64]:
        """Return the indexes of the rows for which the condition is true, ascending.

        Raises:
            ValidationError: The condition fails on a row, or takes too long.
        """
        hits, rest = self._hits_by_path(rows)
        if len(rest) or not rows.num_rows:
            hits = np.concatenate([hits, self._answer(self._statement, self._columns_of(rows), rest)[_ROW]])
        return np.sort(hits)

    def split(self, rows: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows for which it is true, and those whose value it asked for as JSON and that are none.

        Raises:
            ValidationError: The condition fails on a row, or takes too long.
        """
        if not self.reads_payload:
            return self.matches(rows), _NONE
        hits, rest = self._hits_by_path(rows)
        if not len(rest):
            return np.sort(hits), _NONE
        found = self._answer(self._with_unread, self._columns_of(rows), rest)
        is_hit = np.asarray(found[_HIT], dtype=bool)
        # Asked of the bytes: as text, the value is null where it is not UTF-8, too.
        there = np.asarray(rows["value"].is_valid().to_numpy(), dtype=bool)
        unread = np.sort(found[_ROW][~is_hit])
        return np.sort(np.concatenate([hits, found[_ROW][is_hit]])), unread[there[unread]]

    def _hits_by_path(self, rows: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the hits among the rows of which the paths tell all, and the indexes of the others."""
        everything = np.arange(rows.num_rows)
        if self._by_path is None or not rows.num_rows:
            return _NONE, everything
        paths = self._by_path.paths
        texts, known = paths.taken(rows["value"].combine_chunks())
        if "decoded" in rows.schema.names:
            known = known & np.asarray(rows["decoded"].is_null().to_numpy(), dtype=bool)
        if not known.any():
            return _NONE, everything
        columns = {name: _as_text(rows[name]) for name in self._by_path.columns} | dict(
            zip(paths.names, texts, strict=True)
        )
        found = self._answer(self._by_path.statement, columns, np.flatnonzero(known), paths.as_written)
        return found[_ROW], np.flatnonzero(~known)

    def _columns_of(self, rows: pa.Table) -> dict[str, pa.ChunkedArray]:
        return {name: _as_text(rows[name]) for name in self.columns}

    def _answer(
        self,
        statement: str,
        columns: dict[str, Any],
        rows: NDArray[np.int64],
        as_written: Callable[[str], str] = str,
    ) -> dict[str, NDArray[Any]]:
        # DuckDB has no time limit of its own; `interrupt` may be called from another thread.
        limit = threading.Timer(TIME_LIMIT_S, self.cancel)
        limit.daemon = True
        limit.start()
        try:
            return self._find(statement, columns, rows)
        except duckdb.InterruptException as error:
            raise self._refused(
                f"was stopped: it was replaced, or took longer than {duration_text(TIME_LIMIT_S, 's')}. "
                "Make it simpler."
            ) from error
        except duckdb.Error as error:
            raise self._refused(f"cannot be used: {as_written(_first_line(error))}") from error
        finally:
            limit.cancel()

    def _find(self, statement: str, columns: dict[str, Any], rows: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
        """Run a statement over some rows of columns."""
        # An interrupt before the query begins has no effect on it.
        if self._cancelled:
            raise duckdb.InterruptException
        if columns and len(rows) < len(next(iter(columns.values()))):
            columns = {name: column.take(pa.array(rows)) for name, column in columns.items()}
        self._connection.register("batch", pa.table({**columns, _ROW: pa.array(rows)}))
        try:
            found = self._connection.execute(statement).fetchnumpy()
        finally:
            self._connection.unregister("batch")
        return {name: np.asarray(values) for name, values in found.items()}

    def _refused(self, why: str) -> ValidationError:
        return refused(f"The {self._name} {why}", self._name)

    def cancel(self) -> None:
        """Interrupt the query that is under way, and run no other."""
        self._cancelled = True
        self._connection.interrupt()

    def close(self) -> None:
        """Close the engine."""
        self._connection.close()


def _read(condition: Condition, schema: pa.Schema) -> tuple[tuple[str, ...], str]:
    """Return the columns of a schema that a condition reads, and what it selects from."""
    needed = condition.columns | text_sources(condition.columns)
    texts = columns_of_text(condition.columns, decoded="decoded" in schema.names)
    rows = f"(SELECT *, {texts} FROM batch)" if texts else "batch"  # noqa: S608 - our own columns
    return tuple(name for name in schema.names if name.lower() in needed), rows


def _hint(error: Exception, names: Sequence[str]) -> str:
    if not isinstance(error, duckdb.BinderException):
        return ""
    said = str(error)
    if "json_extract(JSON, BOOLEAN)" in said:
        return " In SQL a comparison binds before ->: write (payload->'a'->>'b') = 'x', or payload->>'$.a.b' = 'x'."
    if "explicit cast is required" in said:
        return ". What ->> gives is text, also of a number: write (payload->>'n')::int > 3."
    return f" The columns are: {', '.join(names)}." if "column" in said.partition("\n")[0] else ""


def _first_line(error: Exception) -> str:
    return visible(str(error).partition("\n")[0], 400)


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_binary(column.type):
        return column
    return pa.chunked_array([valid_text(chunk) for chunk in column.chunks], pa.string())
