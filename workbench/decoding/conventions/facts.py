"""Answers the questions that are asked about a record while its convention is decided.

The decision (`workbench.decoding.conventions.decision`) only asks; `RecordFacts` answers for one record exactly, and
the bulk decoder answers for a group of records at once, splitting it where the records differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

from workbench.decoding.conventions.filters import FILTERS, raw_bytes
from workbench.decoding.conventions.selectors import compile_pattern
from workbench.decoding.formats.json import read_json
from workbench.decoding.formats.registry import read_value
from workbench.decoding.ids import canonical_id, hex_id, is_uuid_like, span_of
from workbench.decoding.times import ParsedTime, parse_time
from workbench.decoding.value_tree import MISSING, scalar_text, walk

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from workbench.decoding.conventions.filters import RawValue
    from workbench.decoding.conventions.selectors import Condition, Selector
    from workbench.decoding.formats.format import Format
    from workbench.model.records.record import HeaderList

Pick: TypeAlias = Literal["last", "first"]
CloudEventsMode: TypeAlias = Literal["structured", "binary"]

CE_REQUIRED = ("specversion", "id", "source", "type")
CE_CONTENT_TYPE = "application/cloudevents"
SPRING_TYPES = "spring_json_header_types"


@dataclass(frozen=True, slots=True)
class Place:
    """One value of a record: where it is, and which of several."""

    selector: Selector
    """Never ``ce:``; resolved to a header or a member."""
    via: str
    pick: Pick = "last"
    index: int = 0


class Facts(Protocol):
    """Answers about one record, or about a group of records that all have the same answer."""

    @property
    def topic(self) -> str: ...
    @property
    def ce_mode(self) -> CloudEventsMode | None: ...
    @property
    def has_body(self) -> bool:
        """Whether a format other than raw bytes has read the value."""
        ...

    def holds(self, condition: Condition, pick: Pick) -> bool:
        """Whether a condition on a header, member or topic holds."""
        ...

    def count(self, selector: Selector, pick: Pick) -> int:
        """Number of values that can be read as text there."""
        ...

    def same(self, left: Place, right: Place, *, ids: bool) -> bool:
        """Whether two values are equal, ids by their canonical spelling."""
        ...

    def equals(self, place: Place, text: str) -> bool: ...
    def is_uuid(self, place: Place) -> bool: ...
    def is_span(self, place: Place) -> bool: ...

    def time_faults(self, place: Place, parser: str) -> tuple[str, ...]:
        """Faults of `parse_time` for the value."""
        ...

    def reading_faults(self, place: Place) -> tuple[str, ...]:
        """Problem codes of reading this value as text."""
        ...

    def header_faults(self, selectors: tuple[Selector, ...], pick: Pick) -> tuple[str, ...]:
        """Problem codes of the headers that a convention names."""
        ...


class RecordFacts:
    """Answers for one record, and its values, read exactly."""

    def __init__(self, topic: str, headers: HeaderList, value: bytes | None, formats: Sequence[Format]) -> None:
        self.topic = topic
        self.headers = headers
        self.undecodable_name = False
        self._values: dict[tuple[Selector, Pick], list[RawValue]] = {}
        self._by_name: dict[str, list[bytes | None]] = {}
        for name, content in headers:
            try:
                self._by_name.setdefault(name.decode(), []).append(content)
            except UnicodeDecodeError:
                self.undecodable_name = True
        self.read = read_value(topic, headers, value, formats)
        self.body = self.read.tree
        self._spring_types = self._read_spring_types()
        self.ce_mode = self._cloud_events_mode()

    @property
    def has_body(self) -> bool:
        return self.body is not MISSING

    @property
    def header_names(self) -> AbstractSet[str]:
        """Header names that are valid UTF-8."""
        return self._by_name.keys()

    @property
    def member_names(self) -> AbstractSet[str]:
        """Top-level members of the body, empty when it is no object."""
        return self.body.keys() if isinstance(self.body, dict) else frozenset()

    def occurrences(self, name: str, *, ignore_case: bool = False) -> list[bytes | None]:
        """Return the values of all headers of this name, in order."""
        if not ignore_case:
            return self._by_name.get(name, [])
        folded = name.lower().encode()
        return [content for raw, content in self.headers if raw.lower() == folded]

    def header(self, name: str, pick: Pick = "last", *, ignore_case: bool = False) -> bytes | None:
        """Return the bytes of the header that is used of several; None where it is missing, null or empty."""
        found = self.occurrences(name, ignore_case=ignore_case)
        if not found:
            return None
        return found[-1 if pick == "last" else 0] or None

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
        content = self.header(selector.path, pick, ignore_case=selector.source == "header?")
        if content is None:
            return []
        return [self._typed_by_spring(selector.path, content)]

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
        return len(self.raw_values(selector, pick))

    def same(self, left: Place, right: Place, *, ids: bool) -> bool:
        return self.id(left) == self.id(right) if ids else self.text(left) == self.text(right)

    def equals(self, place: Place, text: str) -> bool:
        return self.text(place) == text

    def is_uuid(self, place: Place) -> bool:
        return is_uuid_like(self.id(place) or "")

    def is_span(self, place: Place) -> bool:
        return span_of(self.text(place) or "") is not None

    def time_faults(self, place: Place, parser: str) -> tuple[str, ...]:
        return self.time(place, parser).faults

    def reading_faults(self, place: Place) -> tuple[str, ...]:
        value = self._read(place)
        try:
            raw_bytes(value or "").decode()
        except UnicodeDecodeError:
            return (f"not_utf8:{place.selector.path}",)
        return ()

    def header_faults(self, selectors: tuple[Selector, ...], pick: Pick) -> tuple[str, ...]:
        faults: set[str] = set()
        for selector in selectors:
            if selector.source not in ("header", "header?"):
                continue
            found = self.occurrences(selector.path, ignore_case=selector.source == "header?")
            if len(found) > 1:
                faults.add(f"duplicate_header:{selector.path}")
            if found and not (used := found[-1 if pick == "last" else 0]):
                faults.add(f"{'null_header' if used is None else 'empty'}:{selector.path}")
        return tuple(faults)

    def _cloud_events_mode(self) -> CloudEventsMode | None:
        content_type = (self.header("content-type") or b"").decode("latin-1").strip().lower()
        if content_type.startswith(CE_CONTENT_TYPE):
            return "structured"
        if isinstance(self.body, dict) and all(self.body.get(name) not in (None, "") for name in CE_REQUIRED):
            return "structured"
        return "binary" if self.occurrences("ce_specversion") else None

    def _read_spring_types(self) -> dict[str, Any]:
        content = self.header(SPRING_TYPES)
        types = MISSING if content is None else read_json(content)
        return types if isinstance(types, dict) else {}

    def _typed_by_spring(self, name: str, content: bytes) -> RawValue:
        kind = self._spring_types.get(name)
        if kind is None or (kind == "java.lang.String" and not content.startswith(b'"')):
            return content
        text = scalar_text(read_json(content))
        return content if text is None else text
