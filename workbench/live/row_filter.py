"""Picks the rows of a batch that a view shows: words that must occur, or a condition in SQL."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import ValidationError
from workbench.text import counted, duration_text, number_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

LIMIT_CHARACTERS = 2_000
SQL_PREFIX = "where "
TIME_LIMIT_S = 5.0
"""Longest that a condition may take over one batch."""

_POLICY: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": "false",
    "enable_external_access": "false",
    "memory_limit": "256MB",
    "threads": "1",
}


class RowFilter(Protocol):
    """Picks rows of a batch."""

    def matches(self, batch: pa.RecordBatch) -> NDArray[np.int64]:
        """Indexes of the rows that stay, ascending."""
        ...

    def close(self) -> None: ...


def parse_filter(text: str, schema: pa.Schema) -> RowFilter | None:
    """Read what a person typed into a filter line.

    ``where partition = 3 and value like '%order%'`` is a condition over the columns of ``schema``, in which binary
    columns are text (null where they are not UTF-8). Anything else is words, each of which must occur in some text of
    the row, whatever its case.

    Returns:
        The filter, or None for an empty line, which shows everything.

    Raises:
        ValidationError: The text is too long, or the condition cannot be read; it says why.
    """
    stripped = text.strip()
    if not stripped:
        return None
    if len(stripped) > LIMIT_CHARACTERS:
        raise _refused(
            f"The filter has {counted(len(stripped), 'character')}; {number_text(LIMIT_CHARACTERS)} is the most."
        )
    if stripped[: len(SQL_PREFIX)].lower() == SQL_PREFIX:
        return _Condition(stripped[len(SQL_PREFIX) :], schema)
    return _Words(tuple(stripped.split()))


def _refused(message: str) -> ValidationError:
    return ValidationError(message, errors=[("filter", message, "str")])


class _Words:
    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words

    def matches(self, batch: pa.RecordBatch) -> NDArray[np.int64]:
        kept = np.ones(batch.num_rows, dtype=bool)
        for word in self._words:
            kept &= _anywhere(batch, word)
        return np.flatnonzero(kept)

    def close(self) -> None:
        """Nothing is held."""


def _anywhere(batch: pa.RecordBatch, word: str) -> NDArray[np.bool_]:
    found = np.zeros(batch.num_rows, dtype=bool)
    for column in batch.columns:
        kind = column.type
        if pa.types.is_list(kind):
            rows = pc.list_parent_indices(column).to_numpy()
            values = column.flatten()
            parts = values.flatten() if pa.types.is_struct(values.type) else [values]
            for part in parts:
                found[rows[_contains(part, word)]] = True
        elif pa.types.is_integer(kind):
            if word.isdecimal():
                found |= np.asarray(pc.equal(column, pa.scalar(int(word), pa.int64())).fill_null(False))
        else:
            found |= _contains(column, word)
    return found


def _contains(column: pa.Array, word: str) -> NDArray[np.bool_]:
    if not (pa.types.is_string(column.type) or pa.types.is_binary(column.type)):
        return np.zeros(len(column), dtype=bool)
    hits = pc.match_substring(column, word, ignore_case=True)
    return np.asarray(hits.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)


class _Condition:
    """A condition in SQL, run by a DuckDB that can reach no file and no network."""

    def __init__(self, condition: str, schema: pa.Schema) -> None:
        self._connection = duckdb.connect(":memory:", config=_POLICY)
        self._statement = f"select position from (select row_number() over () - 1 as position, * from batch) where (\n{condition}\n) order by position"  # noqa: S608, E501 - a condition of the user's own, on rows of the user's own, in a closed engine
        try:
            self._check(schema)
        except ValidationError:
            self.close()
            raise

    def _check(self, schema: pa.Schema) -> None:
        try:
            statements = duckdb.extract_statements(self._statement)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise _refused("A filter is one condition; this one holds several statements.")
            self.matches(pa.RecordBatch.from_pylist([], schema=schema))
        except duckdb.Error as error:
            raise _refused(f"The filter cannot be read: {_first_line(error)}") from error

    def matches(self, batch: pa.RecordBatch) -> NDArray[np.int64]:
        self._connection.register("batch", pa.table(_as_text(batch)))
        # DuckDB has no time limit of its own; `interrupt` may be called from another thread.
        limit = threading.Timer(TIME_LIMIT_S, self._connection.interrupt)
        limit.daemon = True
        limit.start()
        try:
            found = self._connection.execute(self._statement).fetchnumpy()
        except duckdb.InterruptException as error:
            raise _refused(
                f"The filter took longer than {duration_text(TIME_LIMIT_S, 's')} over one batch; make it simpler."
            ) from error
        except duckdb.Error as error:
            raise _refused(f"The filter cannot be used: {_first_line(error)}") from error
        finally:
            limit.cancel()
            self._connection.unregister("batch")
        return np.asarray(found["position"], dtype=np.int64)

    def close(self) -> None:
        self._connection.close()


def _first_line(error: duckdb.Error) -> str:
    return str(error).partition("\n")[0]


def _as_text(batch: pa.RecordBatch) -> dict[str, pa.Array]:
    return {
        name: _decoded(column) if pa.types.is_binary(column.type) else column
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
    }


def _decoded(column: pa.Array) -> pa.Array:
    try:
        return column.cast(pa.string())
    except pa.ArrowInvalid:
        return pa.array([_text(value) for value in column.to_pylist()], pa.string())


def _text(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode("utf-8")
    except UnicodeDecodeError:
        return None
