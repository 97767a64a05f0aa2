"""Answers for a group of records at once, by whole columns.

Where the records of a group would answer differently the group is split, and the decision is taken again for each
part; what columns cannot answer is left to the per-record decoder.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.columns.arrays import flags, repeated, take
from workbench.decoding.columns.bodies import (
    ABSENT,
    BOOLEAN,
    EMPTY,
    NULL,
    NUMBER,
    OBJECT,
    TEXT,
    BodyColumn,
    BodyShape,
    path_of,
)
from workbench.decoding.columns.headers import CONTENT_TYPE, TRACEPARENT
from workbench.decoding.columns.ids import SPAN_PATTERN, among, canonical_ids, traceparent_rows, uuid_rows
from workbench.decoding.columns.times import FAULTS, TimeColumn, parse_times
from workbench.decoding.conventions.facts import (
    CE_CONTENT_TYPE,
    CE_MARK,
    CE_REQUIRED,
    CE_TRACEPARENT,
    CloudEventsMode,
    Place,
    resolve,
)
from workbench.decoding.conventions.selectors import CE_PREFIX, JOINT, UNUSUAL_CE_PREFIXES, compile_pattern
from workbench.decoding.formats.json import JSON
from workbench.decoding.native.json import Kind
from workbench.decoding.native.texts import trace_parents

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from workbench.decoding.columns.headers import HeaderShape
    from workbench.decoding.conventions.record_headers import Pick
    from workbench.decoding.conventions.selectors import Condition, Selector

_PRESENT = np.array([kind not in (ABSENT, NULL, EMPTY) for kind in Kind])
_SCALAR = np.array([kind in (TEXT, BOOLEAN, NUMBER) for kind in Kind])


class SplitError(Exception):
    """The records of a group differ in an answer: decide for each part by itself."""

    def __init__(self, mask: NDArray[np.bool_]) -> None:
        super().__init__()
        self.mask = mask


class ExactError(Exception):
    """Only the per-record decoder can answer for these records."""


@dataclass(slots=True)
class Rows:
    """Rows of a batch, and where they are within their header shape and body shape; None is all of the shape."""

    batch: NDArray[np.int64]
    in_headers: NDArray[np.int64]
    in_body: NDArray[np.int64]

    def part(self, mask: NDArray[np.bool_]) -> Rows:
        """Return the rows where a mask is true."""
        return Rows(self.batch[mask], self.in_headers[mask], self.in_body[mask])


class GroupFacts:
    """`workbench.decoding.conventions.facts.Facts` for rows of one header shape and one body shape."""

    def __init__(self, topic: str, rows: Rows, headers: HeaderShape, body: BodyShape) -> None:
        self.topic = topic
        self.rows = rows
        self.headers = headers
        self.body = body
        self._header_rows = _unless_all(rows.in_headers, len(headers.starts))
        self._body_rows = _unless_all(rows.in_body, len(body.rows))
        self._texts: dict[Selector, pa.Array] = {}
        self._ids: dict[Selector, pa.Array] = {}
        self._times: dict[tuple[Selector, str], TimeColumn] = {}
        self._ce_mode: tuple[CloudEventsMode | None] | None = None

    @property
    def ce_mode(self) -> CloudEventsMode | None:
        """CloudEvents content mode of the records (binary or structured); None if they are no CloudEvents."""
        if self._ce_mode is None:
            self._ce_mode = (self._cloud_events_mode(),)
        return self._ce_mode[0]

    def part(self, mask: NDArray[np.bool_]) -> GroupFacts:
        """Return the answers for the rows where a mask is true."""
        return GroupFacts(self.topic, self.rows.part(mask), self.headers, self.body)

    def __len__(self) -> int:
        return len(self.rows.batch)

    @property
    def has_body(self) -> bool:
        """Whether a format has read the values."""
        return self.body.format == JSON

    def _one(self, answers: NDArray[np.bool_]) -> bool:
        """Return the answer that all rows share; `SplitError` where they differ."""
        if answers.all():
            return True
        if answers.any():
            raise SplitError(answers)
        return False

    def require(self, usual: NDArray[np.bool_]) -> None:
        """Leave rows to the per-record decoder where columns are not enough."""
        if not self._one(usual):
            raise ExactError

    def header_texts(self, name: str) -> pa.Array:
        """Return the values of a header that all rows have; rows with an unusable one are split off."""
        column = self.headers.column(name)
        unusable = column.unusable if self._header_rows is None else column.unusable[self._header_rows]
        if self._one(unusable):
            raise ExactError
        return take(column.texts, self._header_rows)

    def _column(self, selector: Selector) -> BodyColumn | None:
        """Return the column of a ``value:`` selector; None where no row can have it."""
        path = path_of(selector.steps)
        if not path:
            raise ExactError
        column = self.body.column(path)
        if selector.several and column is not None:
            raise ExactError
        return column

    def kinds(self, selector: Selector) -> NDArray[np.uint8]:
        """Return the JSON kind of each row's value."""
        return self._kinds(self._column(selector))

    def _kinds(self, column: BodyColumn | None) -> NDArray[np.uint8]:
        if column is None:
            return np.full(len(self), ABSENT, np.uint8)
        return column.kinds if self._body_rows is None else column.kinds[self._body_rows]

    def texts(self, selector: Selector) -> pa.Array:
        """Return the text of each row's value; all rows must have one."""
        if selector not in self._texts:
            self._texts[selector] = self._read(selector)
        return self._texts[selector]

    def _read(self, selector: Selector) -> pa.Array:
        if selector.filters:
            raise ExactError
        if selector.source == "const":
            return repeated(selector.path, len(self), pa.string())
        if selector.source == "joined":
            return pc.binary_join_element_wise(*(self.ids(part) for part in selector.parts), JOINT)
        if selector.source == "trace":
            return self._trace_part(selector.path)
        if selector.source == "topic":
            found = compile_pattern(selector.path).fullmatch(self.topic)
            return repeated(None if found is None else found[1], len(self), pa.string())
        if selector.source != "value":
            return self.header_texts(self._header_name(selector) or "")
        column = self._column(selector)
        if column is None:
            raise ExactError
        return take(column.texts, self._body_rows)

    def w3c_header(self) -> str | None:
        """Return the name of the header with a W3C trace parent, as it is spelled; None without one."""
        return next((name for name in self.headers.names if name.lower() == TRACEPARENT), None)

    def _trace_part(self, name: str) -> pa.Array:
        valid, _, trace_ids, span_ids = trace_parents(self.header_texts(self.w3c_header() or ""))
        self.require(valid)
        return trace_ids if name == "id" else span_ids

    def _has_trace_part(self, name: str) -> bool:
        """Whether all records have a part of the trace context; other than W3C headers are not read in columns."""
        if self.w3c_header() is None:
            extension = resolve(CE_TRACEPARENT, self)
            if extension is not None and self.count(extension, "last"):
                raise ExactError
            return False
        self.require(trace_parents(self.header_texts(self.w3c_header() or ""))[0])
        return name != "parent"

    def ids(self, selector: Selector) -> pa.Array:
        """Return the canonical id of each row's value."""
        if selector not in self._ids:
            self._ids[selector] = canonical_ids(self.texts(selector))
        return self._ids[selector]

    def times(self, selector: Selector, parser: str) -> TimeColumn:
        """Return the time of each row's value."""
        key = selector, parser
        if key not in self._times:
            self._times[key] = parse_times(self.texts(selector), parser)
        return self._times[key]

    def _header_name(self, selector: Selector) -> str | None:
        if selector.source == "header":
            return selector.path if selector.path in self.headers.names else None
        folded = selector.path.lower()
        return next((name for name in self.headers.names if name.lower() == folded), None)

    def holds(self, condition: Condition, pick: Pick) -> bool:
        selector = condition.selector
        if condition.pattern is not None:
            if not self.count(selector, pick):
                return False
            pattern = rf"\A(?:{condition.pattern})\z"
            return self._one(flags(pc.match_substring_regex(self.texts(selector), pattern)))
        if selector.source != "value":
            return self.count(selector, pick) > 0
        kinds = self.kinds(selector)
        if condition.test == "exists":
            return self._one(kinds != ABSENT)
        if condition.test == "object":
            return self._one(kinds == OBJECT)
        return self._one(_PRESENT[kinds])

    def count(self, selector: Selector, pick: Pick) -> int:
        del pick  # no shape that gets here repeats a name
        match selector.source:
            case "const":
                return 1
            case "topic":
                found = compile_pattern(selector.path).fullmatch(self.topic)
                return int(found is not None and bool(found[1]))
            case "joined":
                return int(all(self.count(part, "last") for part in selector.parts))
            case "trace":
                return int(self._has_trace_part(selector.path))
            case "value":
                return int(self._one(_SCALAR[self.kinds(selector)]))
        name = self._header_name(selector)
        if name is not None:
            self.header_texts(name)
        return int(name is not None)

    def same(self, left: Place, right: Place, *, ids: bool) -> bool:
        read = self.ids if ids else self.texts
        return self._one(flags(pc.equal(read(left.selector), read(right.selector))))

    def equals(self, place: Place, text: str) -> bool:
        return self._one(flags(pc.equal(self.texts(place.selector), text)))

    def is_id_among(self, place: Place, texts: frozenset[str]) -> bool:
        return self._one(among(self.ids(place.selector), texts))

    def is_traceparent(self, place: Place) -> bool:
        return self._one(traceparent_rows(self.texts(place.selector)))

    def is_uuid(self, place: Place) -> bool:
        return self._one(uuid_rows(self.ids(place.selector)))

    def is_span(self, place: Place) -> bool:
        return self._one(flags(pc.match_substring_regex(self.texts(place.selector), SPAN_PATTERN)))

    def time_faults(self, place: Place, parser: str) -> tuple[str, ...]:
        faults = self.times(place.selector, parser).faults
        self._one(faults == faults[0])
        return tuple(name for bit, name in FAULTS if faults[0] & bit)

    def reading_faults(self, place: Place) -> tuple[str, ...]:
        self.texts(place.selector)
        return ()

    def header_faults(self, selectors: tuple[Selector, ...], pick: Pick) -> tuple[str, ...]:
        for selector in selectors:
            if selector.source in ("header", "header?"):
                self.count(selector, pick)
        return ()

    def _cloud_events_mode(self) -> CloudEventsMode | None:
        content_type = next((name for name in self.headers.names if name.lower() == CONTENT_TYPE), None)
        if content_type is not None:
            texts = pc.utf8_lower(pc.utf8_trim_whitespace(self.header_texts(content_type)))
            if self._one(flags(pc.starts_with(texts, CE_CONTENT_TYPE))):
                return "structured"
        if self.body.members.issuperset(CE_REQUIRED):
            present = np.ones(len(self), bool)
            for name in CE_REQUIRED:
                present &= _PRESENT[self._kinds(self.body.column((name,)))]
            if self._one(present):
                return "structured"
        return "binary" if self._ce_mark() is not None else None

    @property
    def ce_prefix(self) -> str:
        """Before the attributes of CloudEvents in the headers."""
        return self._ce_mark() or CE_PREFIX

    def _ce_mark(self) -> str | None:
        """Return the prefix of CloudEvents headers; None where there are none."""
        if f"{CE_PREFIX}{CE_MARK}" in self.headers.names:
            return CE_PREFIX
        names = {name.lower() for name in self.headers.names}
        return next((prefix for prefix in UNUSUAL_CE_PREFIXES if f"{prefix}{CE_MARK}" in names), None)


def _unless_all(rows: NDArray[np.int64], total: int) -> NDArray[np.int64] | None:
    """None when the rows are the whole shape, in order, so that nothing needs to be copied."""
    return None if len(rows) == total and (rows == np.arange(total)).all() else rows
