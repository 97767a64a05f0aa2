"""Answers the questions that are asked about a record while its convention is decided.

The decision (`workbench.decoding.conventions.decision`) only asks. The compiled decoder answers by the same rules in
`workbench.decoding.native.facts`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.decoding.conventions.filters import FILTERS, raw_bytes
from workbench.decoding.conventions.record_headers import Pick, RecordHeaders
from workbench.decoding.conventions.selectors import CE_PREFIX, JOINT, UNUSUAL_CE_PREFIXES, Selector, compile_pattern
from workbench.decoding.conventions.trace_context import TraceText, read_trace
from workbench.decoding.formats.registry import WITHOUT_SCHEMAS, read_value
from workbench.decoding.ids import canonical_id, hex_id, is_traceparent, is_uuid_like, span_of
from workbench.decoding.times import ParsedTime, parse_time
from workbench.decoding.value_tree import MISSING, scalar_text, walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet

    from workbench.decoding.conventions.filters import RawValue
    from workbench.decoding.conventions.selectors import Condition
    from workbench.decoding.formats.choice import Choices
    from workbench.decoding.formats.format import Format
    from workbench.model.events.envelope import TraceContext
    from workbench.model.records.record import HeaderList

CloudEventsMode: TypeAlias = Literal["structured", "binary"]

CE_REQUIRED = ("specversion", "id", "source", "type")
CE_MARK = "specversion"
"""The attribute by which headers are known to be of CloudEvents."""
CE_CONTENT_TYPE = b"application/cloudevents"
CE_CONTENT_TYPE_HEADER = "content-type"
CE_TRACEPARENT = Selector("ce", "traceparent")
"""The extension in which CloudEvents carry the trace context of their start."""


@dataclass(frozen=True, slots=True)
class Place:
    """One value of a record: where it is, and which of several."""

    selector: Selector
    """Never ``ce:``; resolved to a header or a member (see `resolve`)."""
    via: str
    pick: Pick = "last"
    index: int = 0


def resolve(selector: Selector, facts: RecordFacts) -> Selector | None:
    """Return the header or member that holds a CloudEvents attribute on this record; other selectors unchanged."""
    if selector.source == "joined":
        parts = [resolve(part, facts) for part in selector.parts]
        known = tuple(part for part in parts if part is not None)
        return replace(selector, parts=known) if len(known) == len(parts) else None
    if selector.source != "ce":
        return selector
    if facts.ce_mode is None:
        return None
    return selector.in_body() if facts.ce_mode == "structured" else selector.in_header(facts.ce_prefix)


class RecordFacts:
    """Answers for one record, and its values, read exactly."""

    def __init__(
        self,
        topic: str,
        headers: HeaderList,
        value: bytes | None,
        formats: Sequence[Format],
        choices: Choices = WITHOUT_SCHEMAS,
    ) -> None:
        self.topic = topic
        self.headers = RecordHeaders(headers)
        self._values: dict[tuple[Selector, Pick], list[RawValue]] = {}
        self.read = read_value(topic, headers, value, formats, choices)
        self.body = self.read.tree
        self.ce_prefix, ce_headers = self._cloud_events_prefix()
        self.ce_mode = self._cloud_events_mode(headers=ce_headers)

    @property
    def has_body(self) -> bool:
        """Whether a format other than raw bytes has read the value."""
        return self.body is not MISSING

    @property
    def member_names(self) -> AbstractSet[str]:
        """Top-level members of the body, empty when it is no object."""
        return self.body.keys() if isinstance(self.body, dict) else frozenset()

    def members(self, selector: Selector) -> list[Any]:
        """Return the values at a ``value:`` path, nulls included."""
        return [] if self.body is MISSING else walk(self.body, selector.steps)

    def raw_values(self, selector: Selector, pick: Pick) -> list[RawValue]:
        """Return the scalars at a selector, before filters."""
        found = self._values.get((selector, pick))
        if found is None:
            found = self._values[selector, pick] = self._find_values(selector, pick)
        return found

    def _find_values(self, selector: Selector, pick: Pick) -> list[RawValue]:
        if selector.source == "value":
            return [text for value in self.members(selector) if (text := scalar_text(value)) is not None]
        if selector.source == "topic":
            found = compile_pattern(selector.path).fullmatch(self.topic)
            return [found[1]] if found is not None and found[1] else []
        if selector.source == "const":
            return [selector.path]
        if selector.source == "trace":
            return self._trace_part(selector.path)
        if selector.source == "joined":
            return self._joined(selector, pick)
        content = self.headers.value(selector.path, pick, ignore_case=selector.source == "header?")
        return [] if content is None else [content]

    def _trace_part(self, name: str) -> list[RawValue]:
        if self.trace is None:
            return []
        parts = {"id": self.trace.trace_id, "span": self.trace.span_id, "parent": self.trace.parent_span_id}
        text = parts[name]
        return [] if text is None else [text]

    @cached_property
    def trace(self) -> TraceContext | None:
        """The trace context that does not depend on the convention."""
        selector = resolve(CE_TRACEPARENT, self)
        named = selector is not None and self.count(selector, "last")
        places = [Place(selector, CE_TRACEPARENT.text)] if selector is not None and named else []
        return read_trace(self.headers, (), self.trace_texts(places))[0]

    def trace_texts(self, places: Iterable[Place]) -> list[TraceText]:
        """Return the texts of places that hold a W3C trace parent."""
        return [TraceText(place.via, place.selector.path, self.text(place) or "") for place in places]

    def _joined(self, selector: Selector, pick: Pick) -> list[RawValue]:
        """Join the ids of all parts; none where one of them is missing."""
        parts = [self.id(Place(part, "", pick)) for part in selector.parts if self.raw_values(part, pick)]
        if len(parts) < len(selector.parts) or None in parts:
            return []
        return [JOINT.join(part for part in parts if part is not None)]

    def _read(self, place: Place) -> RawValue | None:
        value: RawValue | None = self.raw_values(place.selector, place.pick)[place.index]
        for name in place.selector.filters:
            value = None if value is None else FILTERS[name](value)
        return value

    def text(self, place: Place) -> str | None:
        """Return the text of a value; None where it is not UTF-8 or its filter cannot read it."""
        value = self._read(place)
        if value is None:
            return None
        try:
            return raw_bytes(value).decode()
        except UnicodeDecodeError:
            return None

    def id(self, place: Place) -> str | None:
        """Return the canonical id; bytes that are not UTF-8 become ``hex:`` and hex digits."""
        value = self._read(place)
        if value is None:
            return None
        data = raw_bytes(value)
        try:
            return canonical_id(data.decode())
        except UnicodeDecodeError:
            return hex_id(data)

    def time(self, place: Place, parser: str) -> ParsedTime:
        """Read the time at a place; a value that is no text is a bad time."""
        return parse_time(self.text(place) or "", parser)

    def holds(self, condition: Condition, pick: Pick) -> bool:
        """Whether a condition on a header, member or topic holds."""
        selector = condition.selector
        if condition.pattern is not None:
            matches = compile_pattern(condition.pattern).fullmatch
            return any(
                (text := self.text(Place(selector, "", pick, index))) is not None and matches(text) is not None
                for index in range(len(self.raw_values(selector, pick)))
            )
        if selector.source != "value":
            return bool(self.raw_values(selector, pick))
        found = self.members(selector)
        if condition.test == "exists":
            return bool(found)
        if condition.test == "object":
            return any(isinstance(value, dict) for value in found)
        return any(value is not None and value != "" for value in found)

    def count(self, selector: Selector, pick: Pick) -> int:
        """Number of values that can be read as text there."""
        return len(self.raw_values(selector, pick))

    def same(self, left: Place, right: Place, *, ids: bool) -> bool:
        """Whether two values are equal, ids by their canonical spelling."""
        return self.id(left) == self.id(right) if ids else self.text(left) == self.text(right)

    def is_id_among(self, place: Place, texts: frozenset[str]) -> bool:
        """Whether the canonical id is one of these texts."""
        return self.id(place) in texts

    def is_traceparent(self, place: Place) -> bool:
        """Whether the value has the form of a whole W3C trace parent."""
        return is_traceparent(self.text(place) or "")

    def is_uuid(self, place: Place) -> bool:
        return is_uuid_like(self.id(place) or "")

    def is_span(self, place: Place) -> bool:
        return span_of(self.text(place) or "") is not None

    def time_faults(self, place: Place, parser: str) -> tuple[str, ...]:
        """Faults of `parse_time` for the value."""
        return self.time(place, parser).faults

    def reading_faults(self, place: Place) -> tuple[str, ...]:
        """Problem codes of reading this value as text."""
        value = self._read(place)
        try:
            raw_bytes(value or "").decode()
        except UnicodeDecodeError:
            return (f"not_utf8:{place.selector.path}",)
        return ()

    def header_faults(self, selectors: tuple[Selector, ...], pick: Pick) -> tuple[str, ...]:
        """Problem codes of the headers that a convention names."""
        faults: set[str] = set()
        for selector in selectors:
            if selector.source not in ("header", "header?"):
                continue
            found = self.headers.occurrences(selector.path, ignore_case=selector.source == "header?")
            if len(found) > 1:
                faults.add(f"duplicate_header:{selector.path}")
            if found and not (used := found[-1 if pick == "last" else 0]):
                faults.add(f"{'null_header' if used is None else 'empty'}:{selector.path}")
        return tuple(faults)

    def _cloud_events_prefix(self) -> tuple[str, bool]:
        """Return the prefix of CloudEvents headers, and whether there are any."""
        if self.headers.occurrences(f"{CE_PREFIX}{CE_MARK}"):
            return CE_PREFIX, True
        for prefix in UNUSUAL_CE_PREFIXES:
            if self.headers.occurrences(f"{prefix}{CE_MARK}", ignore_case=True):
                return prefix, True
        return CE_PREFIX, False

    def _cloud_events_mode(self, *, headers: bool) -> CloudEventsMode | None:
        content_type = raw_bytes(self.headers.value(CE_CONTENT_TYPE_HEADER, ignore_case=True) or b"")
        if content_type.strip().lower().startswith(CE_CONTENT_TYPE):
            return "structured"
        if isinstance(self.body, dict) and all(self.body.get(name) not in (None, "") for name in CE_REQUIRED):
            return "structured"
        return "binary" if headers else None
