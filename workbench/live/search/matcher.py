"""Matches the records of a batch: first by their bytes, and decoded no further than the conditions ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.compiled.byte_rows import may_be_bytes
from workbench.live.row_condition import RowCondition
from workbench.live.search.columns import DECODED_NAMES, SEARCHED, columns_of
from workbench.live.search.texts import Regex, Word, in_headers
from workbench.model.events.envelope import DAMAGED, RAW
from workbench.model.records.columns import DECODED_VALUE, EVENT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.live.search.query import SearchQuery
    from workbench.model.events.decoding import ValueDecoder

    Mask = NDArray[np.bool_]

_ONLY_DECODED = frozenset(DECODED_NAMES - {DECODED_VALUE})


@dataclass(frozen=True, slots=True)
class Matched:
    """What was found in the records of one topic.

    Attributes:
        found: The records that match, as rows of `SEARCHED`, in their order.
        undecoded: Partition and offset of the records whose value was asked for and that no format reads; for words
            and expressions, of which only the bytes could be searched.
    """

    found: pa.Table
    undecoded: pa.RecordBatch


class Matcher:
    """Matches records by a query. For one thread at a time; `cancel` may come from another.

    Raises:
        ValidationError: The condition or the expression cannot be read.
    """

    def __init__(self, query: SearchQuery, decoder: ValueDecoder) -> None:
        self._decoder = decoder
        self._key = query.key
        words = [Word(word) for word in query.words]
        self._patterns: list[Word | Regex] = [*words, *([] if query.regex is None else [Regex(query.regex)])]
        self._condition = None if query.where is None else RowCondition(query.where, SEARCHED, name="condition")
        self._required = [] if self._condition is None else [Word(text) for text in self._condition.required]
        self._reads_events = self._condition is not None and not _ONLY_DECODED.isdisjoint(self._condition.columns)

    def match(self, topic: str, records: pa.RecordBatch) -> Matched:
        """Match the records of a topic.

        Raises:
            ValidationError: The condition fails on a record, or takes too long.
        """
        if self._key is not None:
            records = records.filter(pc.fill_null(pc.equal(records.column("key"), self._key), False))
        undecoded = records.slice(0, 0)
        if self._patterns and records.num_rows:
            mask, undecoded = self._by_patterns(topic, records)
            records = records.filter(pa.array(mask))
        if self._required and records.num_rows and not self._decoder.reads_other_formats(topic):
            records = records.filter(pa.array(self._may_hold(records.column("value"))))
        decoded: pa.RecordBatch | None = None
        if self._condition is not None and records.num_rows:
            rows, decoded, unread = self._by_condition(self._condition, topic, records)
            undecoded = (
                pa.Table.from_batches([undecoded, unread]).combine_chunks().to_batches()[0]
                if undecoded.num_rows
                else unread
            )
            records = records.take(rows)
            decoded = None if decoded is None else decoded.take(rows)
        if decoded is None and records.num_rows:
            decoded = self._decoder.decode(records, topic)
        return Matched(columns_of(topic, records, decoded), undecoded.select(["partition", "offset"]))

    def _by_patterns(self, topic: str, records: pa.RecordBatch) -> tuple[Mask, pa.RecordBatch]:
        """Mark the records with all patterns in key, value, headers, or in what the value was read to."""
        read, undecoded = self._read_bytes(topic, records)
        key, value, headers = (records.column(name) for name in ("key", "value", "headers"))
        mask = np.ones(records.num_rows, dtype=bool)
        for pattern in self._patterns:
            found = pattern.in_values(value)
            found |= pattern.in_texts(key)
            found |= in_headers(pattern, headers)
            if read is not None:
                found |= pattern.in_values(read.cast(pa.binary()))
            mask &= found
        return mask, undecoded

    def _by_condition(
        self, condition: RowCondition, topic: str, records: pa.RecordBatch
    ) -> tuple[pa.Array, pa.RecordBatch | None, pa.RecordBatch]:
        if self._reads_events:
            decoded = self._decoder.decode(records, topic)
            rows = condition.matches(columns_of(topic, records, decoded, condition.columns))
            return pa.array(rows), decoded, records.filter(pa.array(_unread(decoded)))
        read = self._read_bytes(topic, records)[0] if DECODED_VALUE in condition.columns else None
        values = None if read is None else pa.RecordBatch.from_arrays([read], names=[DECODED_VALUE])
        rows, unread = condition.split(columns_of(topic, records, values, condition.columns))
        return pa.array(rows), None, records.take(pa.array(unread))

    def _may_hold(self, values: pa.Array) -> Mask:
        """Mark the values in which all texts occur that the condition requires, and those that are no text."""
        mask = np.ones(len(values), dtype=bool)
        for word in self._required:
            mask &= word.in_values(values)
        return mask | may_be_bytes(values)

    def _read_bytes(self, topic: str, records: pa.RecordBatch) -> tuple[pa.Array | None, pa.RecordBatch]:
        """Read the values that are of no text format to JSON; return them, null in other rows, and what is unread."""
        values = records.column("value")
        wanted = np.ones(len(values), bool) if self._decoder.reads_other_formats(topic) else may_be_bytes(values)
        if not wanted.any():
            return None, records.slice(0, 0)
        picked = records.filter(pa.array(wanted))
        decoded = self._decoder.decode(picked, topic)
        places = np.full(len(values), -1, dtype=np.int64)
        places[wanted] = np.arange(picked.num_rows)
        column = decoded.column(DECODED_VALUE).take(pa.array(places, mask=places < 0))
        return column, picked.filter(pa.array(_unread(decoded)))

    def cancel(self) -> None:
        """Make a call of `match` that is under way fail soon, and every later one that has a condition."""
        if self._condition is not None:
            self._condition.cancel()

    def close(self) -> None:
        """Close the engine of the condition."""
        if self._condition is not None:
            self._condition.close()


def _unread(decoded: pa.RecordBatch) -> Mask:
    """Mark the values that no format has read; a tombstone has nothing to be read."""
    formats = decoded.column(EVENT.get_field_index("format"))
    return np.asarray(pc.fill_null(pc.is_in(formats, pa.array([RAW, DAMAGED])), False).to_numpy(zero_copy_only=False))
