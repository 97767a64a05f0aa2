"""Picks the rows that a view shows: words that must occur, or a condition in SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.live.row_condition import RowCondition, refused
from workbench.text import counted, number_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

LIMIT_CHARACTERS = 2_000
SQL_PREFIX = "where "
_INT64 = 1 << 63


class RowFilter(Protocol):
    """Picks rows of a table."""

    def matches(self, rows: pa.Table) -> NDArray[np.int64]:
        """Return the indexes of the rows that stay, ascending; `ValidationError` when the filter fails on a row."""
        ...

    def cancel(self) -> None:
        """Make a call of `matches` that is under way in another thread fail soon."""
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
        raise refused(
            f"The filter has {counted(len(stripped), 'character')}; {number_text(LIMIT_CHARACTERS)} is the most."
        )
    if f"{stripped} "[: len(SQL_PREFIX)].lower() == SQL_PREFIX:
        return RowCondition(stripped[len(SQL_PREFIX) :], schema)
    return _Words(tuple(stripped.split()))


class _Words:
    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._cancelled = False

    def matches(self, rows: pa.Table) -> NDArray[np.int64]:
        pieces, start = [], 0
        for batch in rows.to_batches():
            pieces.append(self._batch(batch) + start)
            start += batch.num_rows
        return np.concatenate(pieces) if pieces else np.empty(0, dtype=np.int64)

    def _batch(self, batch: pa.RecordBatch) -> NDArray[np.int64]:
        kept = np.arange(batch.num_rows)
        for word in self._words:
            if self._cancelled:
                raise refused("The filter was replaced by another one.")
            rest = batch if len(kept) == batch.num_rows else batch.take(pa.array(kept))
            kept = kept[_anywhere(rest, word)]
        return kept

    def cancel(self) -> None:
        self._cancelled = True

    def close(self) -> None:
        """Nothing is held."""


def _anywhere(batch: pa.RecordBatch, word: str) -> NDArray[np.bool_]:
    found = np.zeros(batch.num_rows, dtype=bool)
    number = int(word) if word.isdecimal() and len(word) <= len(str(_INT64)) else _INT64
    for column in batch.columns:
        kind = column.type
        if pa.types.is_list(kind):
            rows = pc.list_parent_indices(column).to_numpy()
            values = column.flatten()
            parts = values.flatten() if pa.types.is_struct(values.type) else [values]
            for part in parts:
                found[rows[_contains(part, word)]] = True
        elif pa.types.is_integer(kind):
            # A larger number is in no column; it may still be a part of a text.
            if number < _INT64:
                found |= np.asarray(pc.equal(column, pa.scalar(number, pa.int64())).fill_null(False))
        else:
            found |= _contains(column, word)
    return found


def _contains(column: pa.Array, word: str) -> NDArray[np.bool_]:
    if not (pa.types.is_string(column.type) or pa.types.is_binary(column.type)):
        return np.zeros(len(column), dtype=bool)
    hits = pc.match_substring(column, word, ignore_case=True)
    return np.asarray(hits.fill_null(False).to_numpy(zero_copy_only=False), dtype=bool)
