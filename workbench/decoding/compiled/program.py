"""Compiles conventions to the tables that the compiled decoder reads.

Each table is a matrix of int32. Its rows are a struct of `workbench.decoding.native.program`, and its columns have the
order of the members there.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.decoding.compiled.names import Names
from workbench.decoding.compiled.places import FIELD_NAMES, Places
from workbench.decoding.conventions.convention import VALUE_FIELDS
from workbench.decoding.conventions.dead_letter_body import MARKERS
from workbench.decoding.conventions.dead_letter_headers import TOPIC_NAMES
from workbench.decoding.conventions.facts import CE_CONTENT_TYPE_HEADER, CE_MARK, CE_REQUIRED, CE_TRACEPARENT
from workbench.decoding.conventions.provenance import (
    APPLICATION,
    APPLICATION_NUMBER,
    ERROR_FIELDS,
    ORIGIN_FIELDS,
    PROVENANCE_HEADERS,
    REPLAY_CHAIN,
    REPLAY_NUMBERS,
    REPLAY_TEXT,
    REQUEST_ID,
    WRITERS,
)
from workbench.decoding.conventions.record_headers import SPRING_TYPES
from workbench.decoding.conventions.selectors import CE_PREFIX, UNUSUAL_CE_PREFIXES, Selector
from workbench.decoding.conventions.trace_context import TRACE_HEADERS
from workbench.decoding.ids import NO_IDS
from workbench.decoding.native import filters, times
from workbench.decoding.native.members import MemberTable
from workbench.decoding.native.names import NameTable
from workbench.decoding.native.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from workbench.decoding.conventions.convention import Convention, DeadLetterBody
    from workbench.decoding.conventions.dead_letter_body import LetterShape
    from workbench.decoding.conventions.provenance import Writer
    from workbench.decoding.conventions.selectors import Condition

_ROOTS = {"never": 0, "null_cause": 1, "equal": 2}
_TARGETS = {"event_id": 0, "correlation_id": 1, "position": 2, "span": 3, "auto": 4}
_HEADERS_OF_A_FIELD = 4
"""Most headers in which one writer names one field."""
_WORD_BITS = 64
_SIZE_BITS = 31


_KEPT: deque[tuple[tuple[Convention, ...], Compiler]] = deque(maxlen=8)


def compiled(conventions: tuple[Convention, ...]) -> Compiler:
    """Return the tables of some conventions; equal ones are compiled once, which takes as long as 20,000 records."""
    for known, tables in tuple(_KEPT):
        # Most are the same objects, so little is compared.
        if known == conventions:
            return tables
    tables = Compiler(conventions)
    _KEPT.append((conventions, tables))
    return tables


class Compiler:
    """Makes the tables of some conventions. They are never changed, so several decoders and threads may use them.

    Attributes:
        topics: Patterns of topic selectors by number.
        program: The result.
    """

    def __init__(self, conventions: Sequence[Convention]) -> None:
        self._conventions = conventions
        self._names = Names(conventions)
        self._places = Places(self._names, filters.NAMES)
        self._lists = self._places.lists
        self._conditions: list[tuple[int, ...]] = []
        self._causes: list[tuple[int, ...]] = []
        self._masks: list[list[int]] = []
        self._traces: list[tuple[int, ...]] = []
        self._letters: list[tuple[int, ...]] = []
        self._hooks: dict[DeadLetterBody, int] = {}
        slots = len(self._names.exact) + len(self._names.folded)
        self._mask_words = (slots + self._names.top_members + 1) // _WORD_BITS + 1
        rows = [self._convention(one) for one in conventions]
        order = sorted(range(len(conventions)), key=lambda at: conventions[at].code.unless is not None)
        self._order_at = self._places.keep(order)
        words = self._words()
        places = self._places
        tables: dict[str, NDArray[Any]] = {
            "conventions": _matrix(rows),
            "conditions": _matrix(self._conditions),
            "causes": _matrix(self._causes),
            "traces": _matrix(self._traces),
            "letters": _matrix(self._letters),
            "writers": _matrix([self._writer(one) for one in WRITERS]),
            "selectors": _matrix(places.selectors),
            "places": _integers(number for row in places.resolved for number in row),
            "vias": _integers(places.vias),
            "plain": _integers(places.plain),
            "lists": _integers(self._lists),
            "copy_marks": _integers(self._copy_marks()),
            "masks": np.array(self._masks or [[0] * self._mask_words], np.uint64),
            "ends": _integers([0, *np.cumsum([len(text.encode()) for text in places.texts])]),
        }
        self.topics = places.topics
        self.program = Program(
            MemberTable(self._names.members),
            MemberTable(self._names.letter_members),
            NameTable(self._names.exact),
            NameTable(self._names.folded),
            list(places.texts),
            tables,
            places.patterns,
            words,
        )

    def name_of(self, convention: str) -> int:
        """Return the number of a convention's name."""
        return self._places.text(convention)

    def _words(self) -> dict[str, Any]:
        names, places = self._names, self._places
        marks = [names.header(f"{CE_PREFIX}{CE_MARK}")]
        marks += [names.any_case(f"{prefix}{CE_MARK}") for prefix in UNUSUAL_CE_PREFIXES]
        spellings = [CE_PREFIX, *UNUSUAL_CE_PREFIXES]
        trace = ("traceparent", "b3", "b3_trace", "b3_span", "b3_parent", "b3_sampled", "b3_flags", "uber")
        words = {
            "spring_types": names.header(SPRING_TYPES),
            "content_type": names.any_case(CE_CONTENT_TYPE_HEADER),
            "ce_marks": marks,
            "ce_required": [names.member((name,)) for name in CE_REQUIRED],
            "ce_traceparent": places.place(CE_TRACEPARENT),
            "schema": names.member(("schema",)),
            "payload": names.member(("payload",)),
            "global_scope": places.text("global"),
            "order": self._order_at,
            "request_id": names.header(REQUEST_ID),
            "big_endian": filters.NAMES[APPLICATION_NUMBER],
            "uuid_filter": filters.NAMES["uuid"],
            "application": places.text(APPLICATION),
            "no_ids": self._texts(NO_IDS),
            "replay": self._replay(),
            "markers": places.keep([len(MARKERS), *(places.text(marker) for marker in MARKERS)]),
            "unusual_spellings": [places.text(f"unusual_spelling:{prefix}{CE_MARK}") for prefix in spellings],
            "fields": [places.text(name) for name in FIELD_NAMES],
            **dict(zip(trace, (names.any_case(name) for name in TRACE_HEADERS), strict=True)),
        }
        return {
            "words": words,
            "slots": len(names.exact),
            "folded_slots": len(names.folded),
            "top_members": names.top_members,
            "mask_words": self._mask_words,
        }

    def _copy_marks(self) -> list[int]:
        exact = [int(name in PROVENANCE_HEADERS) for name in self._names.exact]
        return [*exact, *(2 * int(name in TOPIC_NAMES) for name in self._names.folded)]

    def _writer(self, one: Writer) -> tuple[int, ...]:
        """Compile the headers of one writer of copies."""

        def slots(headers: Iterable[str | None], count: int) -> list[int]:
            known = [-1 if name is None else self._names.header(name) for name in headers]
            return known + [-1] * (count - len(known))

        return (
            self._places.text(one.via),
            *slots(map(one.origin.get, ORIGIN_FIELDS), len(ORIGIN_FIELDS)),
            *(slot for field in ERROR_FIELDS for slot in slots(one.error.get(field, ()), _HEADERS_OF_A_FIELD)),
            *(-1 if name is None else filters.NAMES[name] for name in (one.number, one.topic_filter)),
            int(one.origin_pick == "first"),
            *slots((one.unless, one.needs), 2),
            *slots(one.one_of, _HEADERS_OF_A_FIELD),
        )

    def _replay(self) -> int:
        """Keep the headers of replays in the order of their marks: how many, and slot, mark and form of each."""
        marks = [(mark, header, 0) for header, mark in REPLAY_TEXT.items()]
        marks += [(mark, header, 1) for header, mark in REPLAY_NUMBERS.items()]
        marks.append(("chain", REPLAY_CHAIN, 2))
        marks.sort(key=lambda row: row[0])
        rows = [(self._names.header(header), self._places.text(mark), form) for mark, header, form in marks]
        return self._places.keep([len(rows), *(number for row in rows for number in row)])

    def _convention(self, one: Convention) -> tuple[int, ...]:
        places, code = self._places, one.code
        groups = [self._condition_range(group) for group in one.all]
        none = self._condition_range(one.none)
        slots = [self._cause_range(slot) for slot in one.causes]
        fields = [self._place_list(one.fields.get(name, ())) for name in VALUE_FIELDS]
        root = self._place_list(() if one.root.selector is None else (one.root.selector,))
        selectors = dict.fromkeys(one.selectors())
        headers = [places.place(s) for s in selectors if s.source in ("header", "header?", "ce")]
        repeated = [
            number
            for name, header in code.repeated.items()
            for number in (FIELD_NAMES.index(name) if name != "cause" else -1, places.place(Selector("header", header)))
        ]
        ce_causes = [cause.selector for slot in one.causes for cause in slot if cause.selector.source == "ce"]
        masks_from = len(self._masks)
        self._masks += [mask for group in one.all if (mask := self._mask(group)) is not None]
        return (
            places.text(one.name),
            places.text(one.version),
            -1 if one.dialect is None else places.text(one.dialect),
            -1 if code.dialect is None else places.text(code.dialect),
            one.strength,
            places.text(one.family),
            -1 if code.unless is None else places.text(code.unless),
            int(one.pick == "first"),
            places.text(one.id_scope),
            times.NAMES[one.time],
            int(one.family == "cloudevents"),
            *self._pairs(groups),
            *none,
            *self._place_list(one.link_ids),
            *self._pairs(slots),
            _ROOTS[one.root.kind],
            -1 if one.root.selector is None else root[0],
            -1 if one.ambiguous_if is None else self._condition_range((one.ambiguous_if,))[0],
            self._texts(one.no_ids),
            self._texts(one.no_causes),
            *_range(self._lists, headers),
            *_range(self._lists, repeated),
            places.place(ce_causes[0]) if ce_causes else -1,
            -1 if code.linked_header is None else places.place(code.linked_header),
            int(code.uuids_only),
            self._trace(one),
            int(code.trace is not None and code.trace.where_matched),
            self._letter(one),
            int(one.reads_value),
            masks_from,
            len(self._masks),
            *(number for pair in fields for number in pair),
        )

    def _place_list(self, selectors: Sequence[Selector]) -> tuple[int, int]:
        return _range(self._lists, [self._places.place(selector) for selector in selectors])

    def _pairs(self, ranges: Sequence[tuple[int, int]]) -> tuple[int, int]:
        return _range(self._lists, [number for pair in ranges for number in pair])

    def _texts(self, texts: frozenset[str]) -> int:
        """Keep a set of texts: count, bits of sizes (two numbers of 31), numbers, the longest first; return where."""
        sizes = [0, 0]
        for size in {len(text.encode()) for text in texts}:
            if size < _SIZE_BITS * len(sizes):
                sizes[size // _SIZE_BITS] |= 1 << size % _SIZE_BITS
        ordered = sorted(texts, key=lambda text: (-len(text.encode()), text))
        return self._places.keep([len(texts), *sizes, *(self._places.text(text) for text in ordered)])

    def _condition_range(self, conditions: Sequence[Condition]) -> tuple[int, int]:
        return _range(self._conditions, [self._condition(one) for one in conditions])

    def _condition(self, one: Condition) -> tuple[int, ...]:
        tests = {"present": 0, "exists": 1, "object": 2}
        pattern = -1 if one.pattern is None else self._places.pattern(one.pattern)
        return self._places.place(one.selector), tests[one.test] if one.pattern is None else 3, pattern

    def _cause_range(self, slot: Sequence[Any]) -> tuple[int, int]:
        return _range(self._causes, [(self._places.place(one.selector), _TARGETS[one.target]) for one in slot])

    def _trace(self, one: Convention) -> int:
        rule = one.code.trace
        if rule is None:
            return -1
        slots = [self._names.any_case(name) for name in rule.names]
        name = self._places.text(rule.names[0])
        row = (int(rule.form == "traceparent"), *slots, *[-1] * (3 - len(slots)), name, name)
        if row not in self._traces:
            self._traces.append(row)
        return self._traces.index(row)

    def _letter(self, one: Convention) -> int:
        """Keep what makes an event a dead letter: its type, and where the shapes of dead letters are."""
        hook = one.code.dead_letters
        if hook is None:
            return -1
        if hook not in self._hooks:
            event_type = -1 if hook.event_type is None else self._places.text(hook.event_type)
            shapes = _range(self._letters, [self._shape(shape) for shape in hook.shapes])
            self._hooks[hook] = self._places.keep([event_type, *shapes])
        return self._hooks[hook]

    def _shape(self, shape: LetterShape) -> tuple[int, ...]:
        return (
            -1 if shape.dialect is None else self._places.text(shape.dialect),
            self._places.text(shape.via),
            self._places.text(f"value:{shape.message_id}"),
            *(self._names.letter_member(path) for path in shape.paths),
            self._names.letter_member("correlation_id"),
            int(shape.lossy),
            int(shape.position_first),
            int(shape.nested),
        )

    def _mask(self, group: Sequence[Condition]) -> list[int] | None:
        """Return the bits of names one of which a record must have for a group to hold; None where it needs none."""
        bits: set[int] = set()
        for condition in group:
            selector = condition.selector.places[0]
            found = self._bits(selector)
            if found is None:
                return None
            bits |= found
        words = [0] * self._mask_words
        for bit in bits:
            words[bit // _WORD_BITS] |= 1 << bit % _WORD_BITS
        return words

    def _bits(self, selector: Selector) -> set[int] | None:
        names = self._names
        first_member = len(names.exact) + len(names.folded)
        match selector.source:
            case "header":
                return {names.header(selector.path)}
            case "header?":
                return {names.any_case(selector.path)}
            case "value":
                return {first_member + names.member(selector.steps[:1])} if isinstance(selector.steps[0], str) else None
            case "ce":
                spelled = {names.any_case(f"{prefix}{selector.path}") for prefix in UNUSUAL_CE_PREFIXES}
                member = first_member + names.member((selector.path,))
                return spelled | {names.header(f"{CE_PREFIX}{selector.path}"), member}
        return None


def _range(table: list[Any], rows: Iterable[Any]) -> tuple[int, int]:
    """Add rows to a table; return where they are."""
    start = len(table)
    table.extend(rows)
    return start, len(table)


def _integers(numbers: Iterable[int]) -> NDArray[np.int32]:
    return np.array([*numbers, 0], np.int32)


def _matrix(rows: Sequence[Sequence[int]]) -> NDArray[np.int32]:
    return np.array(rows, np.int32)
