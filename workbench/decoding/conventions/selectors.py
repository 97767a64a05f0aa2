"""Selectors: where a convention reads a value (``source:path | filter``), conditions and causes built on them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, TypeAlias

import re2

from workbench.decoding.conventions.filters import FILTERS
from workbench.decoding.value_tree import Items, PathStep

SelectorSource: TypeAlias = Literal["header", "header?", "value", "ce", "trace", "topic", "const", "joined"]
_SOURCES = ("header", "header?", "value", "ce", "trace", "topic", "const")
TRACE_PARTS = ("id", "span", "parent")
"""What ``trace:`` reads of the trace context in the headers."""
JOINT = ":"
"""Stands between the parts of a joined value."""
_PLUS = re.compile(rf" \+ (?=(?:{'|'.join(map(re.escape, _SOURCES))}):)")
CE_PREFIX = "ce_"
"""Before the attributes of CloudEvents in headers of Kafka."""
UNUSUAL_CE_PREFIXES = ("ce-", "cloudevents:", "cloudevents_")
"""What HTTP and AMQP write there, and what bridges from them carry over; in lower case."""
_CAUSE_TARGETS = ("event_id", "correlation_id", "position", "span", "auto")
_MEMBER = re.compile(r'"([^"]+)"|([^."\[\]]+)')
_ITEMS = re.compile(r"\[(?:([^=\[\]]+)=([^\[\]]*))?\]")


class SelectorError(ValueError):
    """A text that is no selector; becomes a `ConfigurationError` where the convention's name is known."""


@dataclass(frozen=True, slots=True)
class Selector:
    """One place to read from."""

    source: SelectorSource
    path: str
    """Header name, attribute name, topic pattern, constant, or the path as written."""
    steps: tuple[PathStep, ...] = ()
    """The parsed path of ``value:``."""
    filters: tuple[str, ...] = ()
    parts: tuple[Selector, ...] = ()
    """Of ``joined``: the selectors whose values make one value together."""

    @property
    def text(self) -> str:
        """The place without filters, as ``via`` names it."""
        return self.path if self.source == "joined" else f"{self.source}:{self.path}"

    @property
    def places(self) -> tuple[Selector, ...]:
        """The selectors that read something: the parts of a joined one, else the selector itself."""
        return self.parts or (self,)

    @property
    def several(self) -> bool:
        """Whether it may give more than one value."""
        return any(isinstance(step, Items) for step in self.steps)

    def in_body(self) -> Selector:
        """Return the member that holds a CloudEvents attribute in structured mode."""
        return Selector("value", self.path, (self.path,), self.filters)

    def in_header(self, prefix: str = CE_PREFIX) -> Selector:
        """Return the header that holds a CloudEvents attribute in binary mode; unusual prefixes in any case."""
        return Selector("header" if prefix == CE_PREFIX else "header?", f"{prefix}{self.path}", (), self.filters)


@dataclass(frozen=True, slots=True)
class Condition:
    """A selector that must have a non-null value, or whose text must match a pattern in full."""

    selector: Selector
    pattern: str | None = None
    test: Literal["present", "exists", "object"] = "present"
    """``exists`` lets a JSON member be null, ``object`` asks for a JSON object; only conventions with code use them."""


@dataclass(frozen=True, slots=True)
class CauseSelector:
    """A selector for a cause, and the kind of id it holds."""

    selector: Selector
    target: str = "event_id"


@dataclass(frozen=True, slots=True)
class RootRule:
    """The rule by which an event without another cause starts a flow."""

    kind: Literal["never", "null_cause", "equal"] = "never"
    selector: Selector | None = None


@cache
def compile_pattern(pattern: str) -> Any:
    """Compile RE2 syntax, so that every engine that runs a convention agrees; `SelectorError` names the fault."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise SelectorError(f"{pattern!r} is no RE2 pattern: {error}") from error


def parse_selector(text: str) -> Selector:
    """Parse ``source:path | filter``, or several of them with `` + `` between them."""
    if not text.startswith("const:") and len(parts := _PLUS.split(text)) > 1:
        return _joined(tuple(parse_selector(part.strip()) for part in parts))
    place, *filters = (part.strip() for part in text.split(" | ")) if not text.startswith("const:") else (text,)
    source, colon, path = place.partition(":")
    if not colon or source not in _SOURCES or not path:
        raise SelectorError(f"{text!r} is no selector; it begins with one of {', '.join(f'{s}:' for s in _SOURCES)}")
    for name in filters:
        if name not in FILTERS:
            raise SelectorError(f"{name!r} in {text!r} is no filter; there are {', '.join(sorted(FILTERS))}")
    if source == "trace" and path not in TRACE_PARTS:
        raise SelectorError(f"{text!r} is no selector; behind trace: stands one of {', '.join(TRACE_PARTS)}")
    if source == "topic" and compile_pattern(path).groups < 1:
        raise SelectorError(f"{text!r} needs a group: its first one is the value")
    steps = _parse_path(path) if source == "value" else ()
    return Selector(source, path, steps, tuple(filters))  # type: ignore[arg-type]  # checked above


def _joined(parts: tuple[Selector, ...]) -> Selector:
    for part in parts:
        if part.several:
            raise SelectorError(f"{part.text!r} can have several values, so it cannot be joined with others")
    return Selector("joined", " + ".join(part.text for part in parts), (), (), parts)


def parse_condition(text: str) -> Condition:
    """Parse ``SELECTOR`` or ``SELECTOR ~ REGEX``."""
    selector, tilde, pattern = text.partition(" ~ ")
    if tilde:
        compile_pattern(pattern)
    return Condition(parse_selector(selector), pattern if tilde else None)


def parse_cause(text: str) -> CauseSelector:
    """Parse ``SELECTOR [-> target]``."""
    selector, arrow, target = text.partition(" -> ")
    if not arrow:
        return CauseSelector(parse_selector(selector))
    if target not in _CAUSE_TARGETS:
        raise SelectorError(f"{target!r} in {text!r} is no target; there are {', '.join(_CAUSE_TARGETS)}")
    return CauseSelector(parse_selector(selector), target)


def parse_root(text: str) -> RootRule:
    """Parse ``never``, ``null_cause``, ``null_cause if SELECTOR`` or ``equal SELECTOR``."""
    match text.split(" ", 1):
        case ["never"]:
            return RootRule()
        case ["null_cause"]:
            return RootRule("null_cause")
        case ["null_cause", rest] if rest.startswith("if "):
            return RootRule("null_cause", parse_selector(rest[3:]))
        case ["equal", rest]:
            return RootRule("equal", parse_selector(rest))
    raise SelectorError(
        f"{text!r} is no root rule; there are never, null_cause, null_cause if SELECTOR, equal SELECTOR"
    )


def _parse_path(path: str) -> tuple[PathStep, ...]:
    steps: list[PathStep] = []
    at = 0
    while at < len(path):
        if items := _ITEMS.match(path, at):
            steps.append(Items(items[1], items[2]))
            at = items.end()
        else:
            if steps:
                if path[at] != ".":
                    raise SelectorError(f"{path!r} is no path: a dot is missing at {at}")
                at += 1
            member = _MEMBER.match(path, at)
            if member is None:
                raise SelectorError(f"{path!r} is no path: a member name is missing at {at}")
            steps.append(member[1] or member[2])
            at = member.end()
    return tuple(steps)
