"""Compiles selectors: each place of a convention to what it is on a record, in each way of writing CloudEvents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.decoding.conventions.convention import VALUE_FIELDS
from workbench.decoding.conventions.selectors import (
    CE_PREFIX,
    TRACE_PARTS,
    UNUSUAL_CE_PREFIXES,
    Selector,
    compile_pattern,
)
from workbench.decoding.value_tree import Items

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from workbench.decoding.compiled.names import Names

FIELD_NAMES = VALUE_FIELDS
_PREFIXES = (CE_PREFIX, *UNUSUAL_CE_PREFIXES)
_SOURCES = {"header": 0, "header?": 1, "value": 2, "topic": 3, "const": 4, "trace": 5, "joined": 6}
_NOWHERE = -1


class Places:
    """Tables of places and of what they are on a record.

    Attributes:
        texts: Texts in the order of their numbers.
        lists: Numbers that rows of other tables name by ranges.
        selectors: A row for each place on a record.
        resolved: For each place its selector in each mode: without CloudEvents, in headers by prefix, in members.
        vias: For each place the text by which results name it.
        plain: For each place of a CloudEvents attribute the place without filters; -1 for others.
        topics: Patterns of topic selectors.
        patterns: What says whether a text matches, for each pattern of a condition.
    """

    def __init__(self, names: Names, filters: Mapping[str, int]) -> None:
        self._names = names
        self._filters = filters
        self.texts: dict[str, int] = {}
        self.lists: list[int] = []
        self.selectors: list[tuple[int, ...]] = []
        self.resolved: list[list[int]] = []
        self.vias: list[int] = []
        self.plain: list[int] = []
        self.topics: list[str] = []
        self.patterns: list[Callable[[str], bool]] = []
        self._patterns: dict[str, int] = {}
        self._known: dict[Selector, int] = {}
        self._places: dict[Selector, int] = {}

    def text(self, text: str) -> int:
        """Return the number of a text."""
        return self.texts.setdefault(text, len(self.texts))

    def keep(self, numbers: Iterable[int]) -> int:
        """Add numbers to the lists; return where they begin."""
        start = len(self.lists)
        self.lists.extend(numbers)
        return start

    def pattern(self, pattern: str) -> int:
        """Return the number of a pattern of RE2 that must match in full."""
        if pattern not in self._patterns:
            self._patterns[pattern] = len(self.patterns)
            match = compile_pattern(pattern).fullmatch
            self.patterns.append(lambda text: match(text) is not None)
        return self._patterns[pattern]

    def place(self, selector: Selector) -> int:
        """Return the number of a place."""
        if selector not in self._places:
            plain = Selector("ce", selector.path)
            number = self.place(plain) if selector.source == "ce" and selector.filters else None
            at = self._places[selector] = len(self.resolved)
            self.vias.append(self.text(selector.text))
            self.resolved.append([])
            self.plain.append(_NOWHERE)
            if selector.source == "ce":
                self.plain[at] = at if number is None else number
            self.resolved[at] = self._modes(selector)
        return self._places[selector]

    def _modes(self, selector: Selector) -> list[int]:
        by_header = [self._in_header(selector, prefix) for prefix in _PREFIXES]
        in_body = self._with_parts(selector, Selector.in_body)
        # The prefix of headers is known in structured events, too: they may repeat attributes there.
        return [self._without_ce(selector), *by_header, *[in_body] * len(_PREFIXES)]

    def _without_ce(self, selector: Selector) -> int:
        if any(part.source == "ce" for part in selector.places):
            return _NOWHERE
        return self.selector(selector)

    def _in_header(self, selector: Selector, prefix: str) -> int:
        return self._with_parts(selector, lambda part: part.in_header(prefix))

    def _with_parts(self, selector: Selector, where: Callable[[Selector], Selector]) -> int:
        if selector.source == "joined":
            parts = tuple(where(part) if part.source == "ce" else part for part in selector.parts)
            return self.selector(Selector("joined", selector.path, (), selector.filters, parts))
        return self.selector(where(selector) if selector.source == "ce" else selector)

    def selector(self, selector: Selector) -> int:
        """Return the number of a selector that is no CloudEvents attribute."""
        if selector not in self._known:
            row = self._row(selector)
            self._known[selector] = len(self.selectors)
            self.selectors.append(row)
        return self._known[selector]

    def _row(self, selector: Selector) -> tuple[int, ...]:
        parts = [self.selector(part) for part in selector.parts]
        steps = self._steps(selector)
        filters = [self._filters[name] for name in selector.filters]
        path = selector.path
        problems = (f"{code}:{path}" for code in ("not_utf8", "duplicate_header", "null_header", "empty"))
        ranges = [number for list_ in (steps, filters, parts) for number in self._range(list_)]
        return (
            _SOURCES[selector.source],
            self._slot(selector),
            *ranges,
            *(self.text(problem) for problem in problems),
            self.text(path),
        )

    def _range(self, numbers: list[int]) -> tuple[int, int]:
        start = self.keep(numbers)
        return start, start + len(numbers)

    def _slot(self, selector: Selector) -> int:
        match selector.source:
            case "header":
                slot = self._names.header(selector.path)
            case "header?":
                slot = self._names.any_case(selector.path)
            case "value":
                slot = self._names.member(selector.steps)
            case "topic":
                if selector.path not in self.topics:
                    self.topics.append(selector.path)
                slot = self.topics.index(selector.path)
            case "const":
                slot = self.text(selector.path)
            case "trace":
                slot = TRACE_PARTS.index(selector.path)
            case _:
                slot = _NOWHERE
        return slot

    def _steps(self, selector: Selector) -> list[int]:
        """For each array of a path: its items, the member by which they are chosen, and the text it must have.

        Where all items are meant, the rows of the table hold nothing; one row that is always true marks the array.
        """
        steps: list[int] = []
        for at, step in enumerate(selector.steps, 1):
            if not isinstance(step, Items):
                continue
            items = self._names.member(selector.steps[:at])
            if step.member is None:
                steps += [items, _NOWHERE, _NOWHERE]
            else:
                chosen = self._names.member((*selector.steps[:at], step.member))
                steps += [items, chosen, self.text(step.equals or "")]
        return steps
