"""Masks the records of one topic, column by column."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.masking.values import ValueMask
from workbench.model.records.columns import DECODED_VALUE, HEADERS, MASKED_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.config.masking import MaskingRule
    from workbench.masking.actions import Replacer

    Decode = Callable[[pa.RecordBatch], pa.RecordBatch]


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

    def masked(self, records: pa.RecordBatch, decode: Decode | None) -> pa.RecordBatch:
        """Return the records with what the rules hide replaced, and a mark on each that changed.

        Args:
            records: Columns of `workbench.model.records.columns.RECORD`, times and headers perhaps null.
            decode: Decodes records that are no JSON; without it these are masked as a whole.
        """
        if not records.num_rows:
            return records
        columns = {name: records.column(name) for name in records.schema.names}
        changed: dict[str, np.ndarray[Any, np.dtype[np.bool_]]] = {}
        if self._key is not None:
            changed["key"] = np.asarray(columns["key"].is_valid())
            columns["key"] = _each(columns["key"], self._key)
        if self._value is not None:
            columns["value"], changed["value"] = _values(self._value, records, decode)
        columns["headers"] = self._with_headers(columns["headers"], changed)
        arrays = [columns[field.name].cast(field.type) for field in records.schema]
        return pa.RecordBatch.from_arrays(arrays, schema=records.schema)

    def _with_headers(self, headers: pa.Array, changed: dict[str, np.ndarray[Any, np.dtype[np.bool_]]]) -> pa.Array:
        marks = np.any(list(changed.values()), axis=0) if changed else np.zeros(len(headers), dtype=np.bool_)
        if self._headers:
            names = headers.flatten().field("name")
            concerned = {name for name in names.unique().to_pylist() if self._replacer_of(name) is not None}
            if concerned:
                marks = marks | np.asarray(
                    [any(one["name"] in concerned for one in row or ()) for row in headers.to_pylist()]
                )
        if not marks.any():
            return headers
        rows = headers.to_pylist()
        for at in np.flatnonzero(marks).tolist():
            rows[at] = self._header_row(rows[at] or [], [name for name, which in changed.items() if which[at]])
        return pa.array(rows, HEADERS)

    def _header_row(self, row: list[dict[str, Any]], what: list[str]) -> list[dict[str, Any]]:
        made = []
        for one in row:
            replacer = self._replacer_of(one["name"])
            if replacer is None:
                made.append(one)
                continue
            if replacer.action != "remove":
                made.append({"name": one["name"], "value": replacer.bytes(one["value"])})
            what = what if "headers" in what else [*what, "headers"]
        return [*made, {"name": MASKED_HEADER.encode(), "value": " ".join(what).encode()}]

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


def _values(
    mask: ValueMask, records: pa.RecordBatch, decode: Decode | None
) -> tuple[pa.Array, np.ndarray[Any, np.dtype[np.bool_]]]:
    """Mask the values that may hold what a rule hides; returns them all, and which changed."""
    values = records.column("value")
    suspect = ~np.asarray(mask.untouched(values))
    changed = np.zeros(len(values), dtype=np.bool_)
    rows = np.flatnonzero(suspect)
    if not len(rows):
        return values, changed
    suspects = records.take(pa.array(rows))
    decoded = [None] * len(rows) if decode is None else decode(suspects).column(DECODED_VALUE).to_pylist()
    made: list[bytes] = []
    for row, value, text in zip(rows, suspects.column("value").to_pylist(), decoded, strict=True):
        shown, changed[row] = mask.masked(value, text)
        made.append(shown)
    return pc.replace_with_mask(values, pa.array(suspect), pa.array(made, values.type)), changed
