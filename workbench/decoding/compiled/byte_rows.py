"""Reads the values of a batch that are bytes of a schema or a binary format to JSON, all rows of a schema at once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.buffers.bits import rows_of_text
from workbench.decoding.formats.choice import CONTENT_TYPE_HEADERS, LEFT, Choice, choice_left
from workbench.decoding.formats.faults import fault_error
from workbench.decoding.formats.framing import (
    APICURIO_HEADERS,
    APICURIO_PREFIX,
    NOT_FRAMED,
    REGISTRY_PREFIX_BYTES,
    first_bytes,
    header_frame,
    schema_ids,
)
from workbench.decoding.formats.message_marks import MARK_HEAD_BYTES, MARK_TAG, name_mark
from workbench.decoding.formats.registry import unreadable
from workbench.decoding.native.value_reader import read_rows
from workbench.model.events.envelope import RAW

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from workbench.decoding.formats.choice import Choices

FRAME_MARKS = (0x00, 0x03, 0xC3)
"""First bytes with which a frame can begin."""
_NO_TEXT = 0x80
"""First bytes from here on begin neither JSON nor other text of ASCII; maps and lists of binary formats begin so."""
_SEEN = np.isin(np.arange(256), FRAME_MARKS) | (np.arange(256) >= _NO_TEXT)
"""First bytes of values that are looked at."""
_CONTENT_TYPES = pa.array(sorted(CONTENT_TYPE_HEADERS), pa.binary())
_NAMING_HEADERS = pa.array(APICURIO_HEADERS, pa.binary())


@dataclass(slots=True)
class ByteRows:
    """What was read of a batch.

    Attributes:
        values: The values that are left to the decoder of JSON: what was read to JSON, else the bytes themselves.
        headers: The headers of the rows.
        decoded: The JSON text of the rows that were read; None where there is none.
        formats: Names of formats, and the rows that each has read.
        damage: Reason and problem code of the rows whose bytes are not what their schema says.
        reasons: Why rows are raw although they name a schema.
    """

    values: pa.Array
    headers: pa.Array
    damaged_rows: NDArray[np.bool_]
    decoded: pa.Array | None = None
    formats: dict[str, NDArray[np.bool_]] = field(default_factory=dict)
    damage: dict[int, tuple[str, str]] = field(default_factory=dict)
    reasons: list[tuple[list[int], str]] = field(default_factory=list)

    def columns(self, formats: pa.Array) -> dict[str, pa.Array]:
        """Return the columns that say what was read; the decoder has read the rows of ``formats`` as JSON."""
        rows = len(self.values)
        reasons = [*named_by_headers(self.headers), *self.reasons] if _may_hold(formats, RAW) else []
        raw_reason = _raw_reasons(formats, reasons) if reasons else pa.nulls(rows, pa.string())
        if self.formats:
            # All functions of Arrow are a tenth of a command's start, and most topics need none of them.
            import pyarrow.compute as pc

        for name, mask in self.formats.items():
            formats = pc.if_else(pa.array(mask), name, formats)
        return {
            "format": formats,
            "decoded": pa.nulls(rows, pa.string()) if self.decoded is None else self.decoded,
            "raw_reason": raw_reason,
        }


def _raw_reasons(formats: pa.Array, reasons: Sequence[tuple[list[int], str]]) -> pa.Array:
    """Say why rows are raw that could have been read: a reason is the same for many of them."""
    which = np.full(len(formats), -1, np.int32)
    for number, (rows, _) in enumerate(reasons):
        which[rows] = number
    which[~rows_of_text(formats, RAW)] = -1
    validity = pa.py_buffer(np.packbits(which >= 0, bitorder="little"))
    numbers = pa.Array.from_buffers(pa.int32(), len(which), [validity, pa.py_buffer(which)])
    texts = pa.array([reason for _, reason in reasons], pa.string())
    return pa.DictionaryArray.from_arrays(numbers, texts).dictionary_decode()


def read_rows_of_bytes(choices: Choices, topic: str, records: pa.RecordBatch, others: NDArray[np.bool_]) -> ByteRows:
    """Read the rows for which the choices have a reader, but those that other formats claim."""
    values = records.column("value")
    found = ByteRows(values, records.column("headers"), np.zeros(len(values), bool))
    first = first_bytes(values, 1)[:, 0]
    present = ~others & _with_bytes(values)
    if choices.fixed(topic) is None and not (present & _SEEN[first]).any():
        return found
    rows = _Rows(choices, topic, records, found)
    rows.read(first, present)
    return found


def named_by_headers(headers: pa.Array) -> list[tuple[list[int], str]]:
    """Return the rows whose headers name a schema, and why such a row is raw; all rows of a schema at once."""
    entries = headers.flatten()
    if not _has_naming(entries.field("name")):
        return []
    import pyarrow.compute as pc

    known = pc.is_in(entries.field("name"), value_set=_NAMING_HEADERS)
    # Header by header, because a record has several of them and most records of a topic have the same.
    rows = pc.list_parent_indices(headers).filter(known).to_pylist()
    named = zip(*(entries.field(part).filter(known).to_pylist() for part in ("name", "value")), strict=True)
    by_row: dict[int, list[tuple[bytes, bytes | None]]] = {}
    for row, header in zip(rows, named, strict=True):
        by_row.setdefault(row, []).append(header)
    found: dict[tuple[tuple[bytes, bytes | None], ...], list[int]] = {}
    for row, listed in by_row.items():
        found.setdefault(tuple(listed), []).append(row)
    reasons = [(listed, choice_left(header_frame(names)).reason) for names, listed in found.items()]
    return [(listed, reason) for listed, reason in reasons if reason is not None]


def _has_naming(names: pa.Array) -> bool:
    """Whether any header may name a schema; without the functions of Arrow, as `_may_hold`."""
    if not len(names):
        return False
    sizes = np.diff(np.frombuffer(names.buffers()[1], np.int32)[names.offset : names.offset + len(names) + 1])
    # Few names are so long, and the bytes of those alone are looked at.
    rows = np.flatnonzero((sizes >= min(map(len, APICURIO_HEADERS))) & (sizes <= max(map(len, APICURIO_HEADERS))))
    if not len(rows):
        return False
    heads = first_bytes(names, len(APICURIO_PREFIX), rows)
    return bool((heads == np.frombuffer(APICURIO_PREFIX, np.uint8)).all(axis=1).any())


def _may_hold(formats: pa.Array, name: str) -> bool:
    """Whether a word stands in the texts of a column; without the functions of Arrow, which cost a command's start."""
    content = formats.buffers()[2]
    return content is not None and name.encode() in content.to_pybytes()


def may_be_bytes(values: pa.Array) -> NDArray[np.bool_]:
    """Mark the values that may be of a schema or of a binary format, where nobody fixed a format for the topic."""
    return _with_bytes(values) & _SEEN[first_bytes(values, 1)[:, 0]]


def _with_bytes(values: pa.Array) -> NDArray[np.bool_]:
    """Mark the values that are neither null nor empty."""
    valid, ends_at, _ = values.buffers()
    if not len(values) or ends_at is None:
        return np.zeros(len(values), bool)
    ends = np.frombuffer(ends_at, np.int32)[values.offset : values.offset + len(values) + 1]
    found: NDArray[np.bool_] = ends[1:] > ends[:-1]
    if values.null_count:
        bits = np.unpackbits(np.frombuffer(valid, np.uint8), bitorder="little").view(bool)
        found = found & bits[values.offset : values.offset + len(values)]
    return found


class _Rows:
    """The rows of one batch, while it is decided how they are read."""

    def __init__(self, choices: Choices, topic: str, records: pa.RecordBatch, found: ByteRows) -> None:
        self._choices, self._topic, self._records, self._found = choices, topic, records, found
        self._values = records.column("value")
        self._chosen: list[Choice] = []
        self._which = np.full(len(self._values), -1, np.int32)
        self._starts = np.zeros(len(self._values), np.int32)
        self._alone: dict[int, Choice] = {}

    def read(self, first: NDArray[np.uint8], present: NDArray[np.bool_]) -> None:
        ids = np.where(present & (first == 0), schema_ids(self._values), NOT_FRAMED)
        for number in np.unique(ids[ids != NOT_FRAMED]).tolist():
            self._framed(number, np.flatnonzero(ids == number))
        rest = present & (ids == NOT_FRAMED)
        odd = rest & np.isin(first, FRAME_MARKS)
        if (fixed := self._choices.fixed(self._topic)) is not None:
            self._of_topic(rest & ~odd, self._choices.of_topic(fixed))
            self._ask(np.flatnonzero(odd))
        else:
            self._ask(np.flatnonzero(odd | self._with_header(rest & (first >= _NO_TEXT), _CONTENT_TYPES)))
        self._read_all()

    def _framed(self, number: int, rows: NDArray[np.int64]) -> None:
        choice = self._choices.of_id(self._topic, number, before_json=False)
        if choice.reader is None and choice.reason is not None:
            heads = first_bytes(self._values, REGISTRY_PREFIX_BYTES + 1, rows)
            braces = heads[:, REGISTRY_PREFIX_BYTES] == ord("{")
            left = self._choices.of_id(self._topic, number, before_json=True)
            self._choose(rows[braces], left)
            rows = rows[~braces]
        if choice.marks is not None:
            rows = self._marked(rows, choice, REGISTRY_PREFIX_BYTES)
        self._choose(rows, choice)

    def _of_topic(self, wanted: NDArray[np.bool_], choice: Choice) -> None:
        rows = np.flatnonzero(wanted)
        if choice.marks is not None:
            named = self._with_header(wanted, _NAMING_HEADERS)
            rows = np.concatenate([np.flatnonzero(wanted & ~named), self._marked(np.flatnonzero(named), choice, 0)])
        self._choose(rows, choice)

    def _marked(self, rows: NDArray[np.int64], choice: Choice, at: int) -> NDArray[np.int64]:
        """Choose for rows whose message is named at a byte, all rows of a name at once; return the others."""
        heads = first_bytes(self._values, at + MARK_HEAD_BYTES, rows)[:, at:]
        left = np.ones(len(rows), bool)
        sizes = np.where((heads[:, 1] == MARK_TAG) & (heads[:, 0] == heads[:, 2] + 2), heads[:, 0], 0)
        for size in np.unique(sizes[sizes > 0]).tolist():
            places = np.flatnonzero(sizes == size)
            whole = first_bytes(self._values, at + 1 + size, rows[places])
            marks, which = np.unique(whole[:, at:], axis=0, return_inverse=True)
            for number, mark in enumerate(marks):
                # Hostile names are as many as rows; only those that the schema has cost a look at all rows.
                named = choice.of_mark(name_mark(mark.tobytes(), 0))
                if named is not None:
                    self._choose(rows[places[which == number]], named)
                    left[places[which == number]] = False
        return rows[left]

    def _with_header(self, wanted: NDArray[np.bool_], names: pa.Array) -> NDArray[np.bool_]:
        """Mark those of the wanted rows that have a header of one of these names."""
        marks = np.zeros(len(self._values), bool)
        headers = self._records.column("headers")
        if not wanted.any():
            return marks
        import pyarrow.compute as pc

        known = pc.is_in(headers.flatten().field("name"), value_set=names).to_numpy(zero_copy_only=False)
        marks[pc.list_parent_indices(headers).to_numpy(zero_copy_only=False)[known]] = True
        return marks & wanted

    def _ask(self, rows: NDArray[np.int64]) -> None:
        """Choose for rows one by one: those whose frame is rare, and those with a header of a content type."""
        headers = self._records.column("headers")
        for row in rows.tolist():
            listed = tuple((one["name"], one["value"]) for one in headers[row].as_py())
            choice = self._choices.choose(self._topic, listed, self._values[row].as_py())
            if len(choice.starts) > 1 or (choice.starts and choice.starts[0]):
                self._alone[row] = choice
            else:
                self._choose(np.array([row]), choice)

    def _choose(self, rows: NDArray[np.int64], choice: Choice) -> None:
        if not len(rows) or choice is LEFT:
            return
        if choice.reader is None:
            if choice.reason is not None:
                self._found.reasons.append((rows.tolist(), choice.reason))
            return
        if choice not in self._chosen:
            self._chosen.append(choice)
        self._which[rows] = self._chosen.index(choice)
        self._starts[rows] = choice.starts[0]

    def _read_all(self) -> None:
        if not self._chosen and not self._alone:
            return
        readers = [choice.reader for choice in self._chosen if choice.reader is not None]
        decoded, faults = read_rows(self._values, readers, self._which, self._starts)
        texts: dict[int, str] = {}
        for row, fault, at in faults:
            choice = self._chosen[self._which[row]]
            if len(choice.starts) > 1:
                self._alone[row] = choice
            else:
                self._damaged(row, choice, fault_error(fault, at))
        for row, choice in self._alone.items():
            try:
                texts[row] = self._choices.read(choice, self._values[row].as_py()).decode()
            except ValueError as error:
                self._damaged(row, choice, error)
        if texts:
            decoded = _with_texts(decoded, texts)
        self._finish(decoded, ((row, self._alone[row].format) for row in texts))

    def _damaged(self, row: int, choice: Choice, error: ValueError) -> None:
        reason, problem = unreadable(choice.format, error)
        self._found.damage[row] = f"{choice.format}: {reason}", problem
        self._found.damaged_rows[row] = True

    def _finish(self, decoded: pa.Array, alone: Iterable[tuple[int, str]]) -> None:
        import pyarrow.compute as pc

        found = self._found
        well = decoded.is_valid().to_numpy(zero_copy_only=False)
        for number, choice in enumerate(self._chosen):
            mask = found.formats.setdefault(choice.format, np.zeros(len(well), bool))
            mask |= well & (self._which == number)
        for row, name in alone:
            found.formats.setdefault(name, np.zeros(len(well), bool))[row] = True
        found.decoded = decoded
        if well.all():
            found.values = decoded.cast(pa.binary())
        elif well.any():
            found.values = pc.coalesce(decoded.cast(pa.binary()), self._values)


def _with_texts(decoded: pa.Array, texts: dict[int, str]) -> pa.Array:
    import pyarrow.compute as pc

    rows = sorted(texts)
    mask = np.zeros(len(decoded), bool)
    mask[rows] = True
    return pc.replace_with_mask(decoded, pa.array(mask), pa.array([texts[row] for row in rows], pa.string()))
