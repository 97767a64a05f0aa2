"""Matches rows by a condition in SQL, in a DuckDB that can reach no file, no network and no other data."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pyarrow as pa

from workbench.errors import QueryError, ValidationError
from workbench.live.utf8_text import valid_text
from workbench.store.payload.columns import HEADER_MACRO, TEXT_COLUMNS, columns_of_text
from workbench.store.sql.condition import parse_condition
from workbench.text import duration_text, visible

if TYPE_CHECKING:
    from numpy.typing import NDArray

TIME_LIMIT_S = 5.0
"""Longest that a condition may take over the rows that are held, or over a batch that arrived."""

_ROW = "wb_row"
_HIT = "wb_hit"
_POLICY: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": "false",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "256MB",
    "threads": "1",
}


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
            as_text = not condition.columns.isdisjoint(TEXT_COLUMNS)
            needed = condition.columns | ({"key", "value", "decoded", "decoded_key"} if as_text else set())
            texts = columns_of_text(decoded="decoded" in schema.names)
            self.columns = tuple(name for name in schema.names if name.lower() in needed)
            """The columns of the schema that it reads."""
            self.required = condition.required
            """Texts that the JSON of a row has where it is true."""
            self.reads_payload = "payload" in condition.columns
            """Whether it reads the value as JSON."""
            rows = f"(SELECT *, {texts} FROM batch)" if as_text else "batch"  # noqa: S608 - our own columns
            where = f"(\n{condition.text}\n)"
            self._statement = f"SELECT {_ROW} FROM {rows} WHERE {where}"  # noqa: S608 - checked to be one expression
            self._with_unread = (
                f"SELECT {_ROW}, coalesce({where}, false) AS {_HIT} FROM {rows} "  # noqa: S608 - same
                f"WHERE {where} OR payload IS NULL"
            )
            self._find(self._statement, schema.empty_table())
        except (QueryError, duckdb.Error) as error:
            self.close()
            hint = f" The columns are: {', '.join(names)}." if isinstance(error, duckdb.BinderException) else ""
            raise self._refused(f"cannot be read: {_first_line(error)}{hint}") from error

    def matches(self, rows: pa.Table) -> NDArray[np.int64]:
        """Return the indexes of the rows for which the condition is true, ascending.

        Raises:
            ValidationError: The condition fails on a row, or takes too long.
        """
        return np.sort(self._answer(self._statement, rows)[_ROW])

    def split(self, rows: pa.Table) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the rows for which it is true, and those whose value it asked for as JSON and that are none.

        Raises:
            ValidationError: The condition fails on a row, or takes too long.
        """
        if not self.reads_payload:
            return self.matches(rows), np.empty(0, dtype=np.int64)
        found = self._answer(self._with_unread, rows)
        hits = np.asarray(found[_HIT], dtype=bool)
        # Asked of the bytes: as text, the value is null where it is not UTF-8, too.
        there = np.asarray(rows["value"].is_valid().to_numpy(), dtype=bool)
        unread = np.sort(found[_ROW][~hits])
        return np.sort(found[_ROW][hits]), unread[there[unread]]

    def _answer(self, statement: str, rows: pa.Table) -> dict[str, NDArray[Any]]:
        # DuckDB has no time limit of its own; `interrupt` may be called from another thread.
        limit = threading.Timer(TIME_LIMIT_S, self.cancel)
        limit.daemon = True
        limit.start()
        try:
            return self._find(statement, rows)
        except duckdb.InterruptException as error:
            raise self._refused(
                f"was stopped: it was replaced, or took longer than {duration_text(TIME_LIMIT_S, 's')}. "
                "Make it simpler."
            ) from error
        except duckdb.Error as error:
            raise self._refused(f"cannot be used: {_first_line(error)}") from error
        finally:
            limit.cancel()

    def _find(self, statement: str, rows: pa.Table) -> dict[str, NDArray[Any]]:
        # An interrupt before the query begins has no effect on it.
        if self._cancelled:
            raise duckdb.InterruptException
        columns = {name: _as_text(rows[name]) for name in self.columns}
        self._connection.register("batch", pa.table({**columns, _ROW: pa.array(np.arange(rows.num_rows))}))
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


def _first_line(error: Exception) -> str:
    return visible(str(error).partition("\n")[0], 400)


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    if not pa.types.is_binary(column.type):
        return column
    return pa.chunked_array([valid_text(chunk) for chunk in column.chunks], pa.string())
