"""Masks the records of one topic, column by column."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.compiled.byte_rows import may_be_bytes
from workbench.masking.values import ValueMask
from workbench.model.records.columns import DECODED_VALUE, HEADERS, MASKED_HEADER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.config.masking import MaskingRule
    from workbench.masking.actions import Replacer
    from workbench.model.events.decoding import ValueDecoder


class TopicMask:
    """Masks records of one topic.

    Args:
        rules: The rules for it, with what replaces.
    """

    def __init__(self, rules: Sequence[tuple[MaskingRule, Replacer]]) -> None:
        about_values = [(rule, replacer) for rule, replacer in rules if rule.paths or rule.allow or rule.value]
        self._key = next((replacer for rule, replacer in rules if rule.key), None)
        self._value = ValueMask(about_values) if about_values else None
        self._headers = [(rule, replacer) for rule, replacer in rules if rule.headers or rule.allow_headers is not None]

    @property
    def reads_values(self) -> bool:
        """Whether values are masked, so that those of other formats than JSON have to be decoded first."""
        return self._value is not None

    def masked(self, records: pa.RecordBatch, decoder: ValueDecoder | None, topic: str) -> pa.RecordBatch:
        """Return the records with what the rules hide replaced, and a mark on each that changed.

        Args:
            records: Columns of `workbench.model.records.columns.RECORD`, times and headers perhaps null.
            decoder: Decodes values that are no JSON; without it these are masked as a whole.
            topic: The topic, for the decoder.
        """
        if not records.num_rows:
            return records
        columns = {name: records.column(name) for name in records.schema.names}
        changed: dict[str, NDArray[np.bool_]] = {}
        if self._key is not None:
            changed["key"] = np.asarray(columns["key"].is_valid())
            columns["key"] = _each(columns["key"], self._key)
        if self._value is not None:
            read = None if decoder is None else _read(records, decoder, topic)
            columns["value"], changed["value"] = self._value.masked(columns["value"], read)
        if self._headers:
            columns["headers"], changed["headers"] = self._masked_headers(columns["headers"])
        columns["headers"] = _marked(columns["headers"], changed)
        arrays = [columns[field.name].cast(field.type) for field in records.schema]
        return pa.RecordBatch.from_arrays(arrays, schema=records.schema)

    def _masked_headers(self, headers: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
        """Mask the headers that rules name; returns them, and in which rows there was one."""
        pairs, rows = headers.flatten(), pc.list_parent_indices(headers).to_numpy(zero_copy_only=False)
        changed = np.zeros(len(headers), np.bool_)
        names, values = pairs.field("name"), pairs.field("value")
        kept = np.ones(len(pairs), np.bool_)
        for name in names.unique().to_pylist():
            replacer = self._replacer_of(name)
            if replacer is None:
                continue
            concerned = pc.equal(names, pa.scalar(name, names.type))
            mask = concerned.to_numpy(zero_copy_only=False)
            changed[rows[mask]] = True
            if replacer.action == "remove":
                kept &= ~mask
            else:
                values = pc.replace_with_mask(values, concerned, _each(values.filter(concerned), replacer))
        if not changed.any():
            return headers, changed
        shown = pa.StructArray.from_arrays([names, values], fields=list(HEADERS.value_type)).filter(pa.array(kept))
        counts = np.bincount(rows[kept], minlength=len(headers))
        return _lists(shown, counts, headers), changed

    def _replacer_of(self, name: bytes | None) -> Replacer | None:
        text = (name or b"").decode("latin-1").lower()
        for rule, replacer in self._headers:
            listed = rule.headers if rule.allow_headers is None else rule.allow_headers
            if any(fnmatchcase(text, pattern.lower()) for pattern in listed) == (rule.allow_headers is None):
                return replacer
        return None


def _each(column: pa.Array, replacer: Replacer) -> pa.Array:
    """Mask each distinct value once."""
    coded = column.dictionary_encode()
    shown = pa.array([replacer.bytes(value) for value in coded.dictionary.to_pylist()], column.type)
    return shown.take(coded.indices)


def _read(records: pa.RecordBatch, decoder: ValueDecoder, topic: str) -> pa.Array | None:
    """Read the values that may be of another format than JSON to JSON; null in other rows, None where there is none."""
    wanted = None if decoder.reads_other_formats(topic) else may_be_bytes(records.column("value"))
    if wanted is None or wanted.all():
        return decoder.decode(records, topic).column(DECODED_VALUE)
    if not wanted.any():
        return None
    read = decoder.decode(records.filter(pa.array(wanted)), topic).column(DECODED_VALUE)
    return pc.replace_with_mask(pa.nulls(records.num_rows, read.type), pa.array(wanted), read)


def _marked(headers: pa.Array, changed: dict[str, NDArray[np.bool_]]) -> pa.Array:
    """Append to the headers of each row that changed one that says what of it."""
    # The parts of a row that changed, as bits of a number: it is written once for all rows that are alike.
    bits = sum(
        (mask.astype(np.uint8) << at for at, mask in enumerate(changed.values())), np.zeros(len(headers), np.uint8)
    )
    marked = np.flatnonzero(bits)
    if not len(marked):
        return headers
    words = [
        " ".join(name for at, name in enumerate(changed) if number >> at & 1) for number in range(1 << len(changed))
    ]
    says = pa.array([word.encode() for word in words], pa.binary()).take(pa.array(bits[marked]))
    names = pa.array([MASKED_HEADER.encode()], pa.binary()).take(pa.array(np.zeros(len(marked), np.int8)))
    marks = pa.StructArray.from_arrays([names, says], fields=list(HEADERS.value_type))
    pairs = headers.flatten().cast(marks.type)
    counts = pc.fill_null(pc.list_value_length(headers), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    behind = np.cumsum(counts)
    # Where each pair goes: those of a row keep their order, and the mark comes behind them.
    places = np.insert(np.arange(len(pairs)), behind[marked], np.arange(len(marked)) + len(pairs))
    counts[marked] += 1
    return _lists(pa.concat_arrays([pairs, marks]).take(pa.array(places)), counts, headers, marked)


def _lists(
    pairs: pa.Array, counts: NDArray[np.int64], like: pa.Array, there: NDArray[np.int64] | None = None
) -> pa.Array:
    """Make lists of so many pairs each; null where a list was before, but for rows that have something now."""
    ends = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    absent = like.is_null().to_numpy(zero_copy_only=False).copy()
    if there is not None:
        absent[there] = False
    return pa.ListArray.from_arrays(pa.array(ends), pairs, type=HEADERS, mask=pa.array(absent))
