"""Defines an envelope convention: conditions, selectors for the fields of an envelope, hooks for what needs code."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from workbench.decoding.conventions.selectors import (
    CE_PREFIX,
    UNUSUAL_CE_PREFIXES,
    CauseSelector,
    Condition,
    RootRule,
    Selector,
)
from workbench.decoding.ids import NO_CAUSES, NO_IDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from workbench.decoding.conventions.dead_letter_body import LetterShape
    from workbench.model.events.envelope import IdScope

ID_FIELDS = ("event_id", "correlation_id", "root_id", "request_id")
TEXT_FIELDS = ("event_type", "source", "destination", "environment", "tenant", "principal")
TIME_FIELDS = ("event_time", "started", "ended")
VALUE_FIELDS = (*ID_FIELDS, *TEXT_FIELDS, *TIME_FIELDS)
"""Fields that a convention reads with selectors tried in order."""


_NO_ROOT = RootRule()


@dataclass(frozen=True, slots=True)
class TraceHeaders:
    """Headers of its own in which a convention carries the trace context of the producing span.

    Attributes:
        names: Header names. The first says that there is a trace context, and names it in ``via`` and in problems.
        form: ``traceparent``: one header with a W3C trace parent. ``ids``: headers for trace id, span id and parent
            span id, each in hex digits or as a UUID; the bulk decoder reads this form in columns.
        where_matched: Whether they are read where another convention has won, too.
    """

    names: tuple[str, ...]
    form: Literal["traceparent", "ids"]
    where_matched: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetterBody:
    """Describes the dead letters of a convention that name their original record in the body.

    Attributes:
        shapes: Where they name it, by dialect.
        event_type: Event type that makes an event a dead letter; without one the dialects of the shapes do.
    """

    shapes: tuple[LetterShape, ...]
    event_type: str | None = None

    def shape_of(self, dialect: str | None, event_type: str | None) -> LetterShape | None:
        """Return the shape of an event; None where it is no dead letter."""
        if self.event_type is not None and event_type != self.event_type:
            return None
        return next((shape for shape in self.shapes if shape.dialect in (None, dialect)), None)


@dataclass(frozen=True, slots=True)
class ConventionCode:
    """Hooks of a convention that selectors are not enough for. Its module makes one, and the registry lists it.

    Attributes:
        name: Name of the convention.
        variants: Makes conventions of this name by code; the name then cannot be defined in TOML. Of the variants the
            first that matches counts.
        unless: A convention beside which this one does not count.
        dialect: Dialect of events whose convention names none.
        repeated: Headers that repeat what the body says, by field; the body wins and a difference is reported.
        linked_header: A header with a second id of the event, under which others may name it as their cause.
        uuids_only: Whether ids that are no UUID are reported, because the convention's own readers replace them.
        trace: Headers of its own for the trace context.
        dead_letters: How its dead letters are read.
    """

    name: str
    variants: Callable[[], tuple[Convention, ...]] | None = None
    unless: str | None = None
    dialect: str | None = None
    repeated: Mapping[str, str] = field(default_factory=dict)
    linked_header: Selector | None = None
    uuids_only: bool = False
    trace: TraceHeaders | None = None
    dead_letters: DeadLetterBody | None = None


NO_CODE = ConventionCode("")


@dataclass(frozen=True, slots=True)
class Convention:
    """An envelope convention: conditions for a record to follow it, and selectors for each field of the envelope."""

    name: str
    strength: int
    """5 variant of another convention, 4 marker of its own, 3 mandatory names, 2 shape, 1 generic shape, 0 alias."""
    all: tuple[tuple[Condition, ...], ...]
    """Groups that must hold; one condition of each is enough."""
    none: tuple[Condition, ...] = ()
    fields: Mapping[str, tuple[Selector, ...]] = field(default_factory=dict)
    """Selectors by name of `VALUE_FIELDS`; the first that has a value is used."""
    link_ids: tuple[Selector, ...] = ()
    causes: tuple[tuple[CauseSelector, ...], ...] = ()
    """Slots by rank; several selectors of one slot are a union."""
    root: RootRule = _NO_ROOT
    time: str = "rfc3339"
    id_scope: IdScope = "global"
    pick: Literal["last", "first"] = "last"
    ambiguous_if: Condition | None = None
    no_ids: frozenset[str] = NO_IDS
    """Ids that stand for no value."""
    no_causes: frozenset[str] = NO_CAUSES
    dialect: str | None = None
    """Sub-shape that the convention stands for, where it is one of several with the same name."""
    version: str = ""
    """Digest of the definition: decoded rows name it, so that a changed convention is seen."""
    code: ConventionCode = NO_CODE
    """Hooks for what selectors cannot say."""

    @property
    def family(self) -> str:
        """Name shared by variants of one convention; they are not compared with each other."""
        return next((name for name in ("cloudevents", "axon") if self.name.startswith(name)), self.name)

    def selectors(self) -> Iterator[Selector]:
        """Yield every selector that the convention names, conditions included; the parts of joined ones."""
        for selector in self._selectors():
            yield from selector.places

    def _selectors(self) -> Iterator[Selector]:
        for group in self.all:
            yield from (condition.selector for condition in group)
        yield from (condition.selector for condition in self.none)
        if self.ambiguous_if is not None:
            yield self.ambiguous_if.selector
        for selectors in self.fields.values():
            yield from selectors
        yield from self.link_ids
        for slot in self.causes:
            yield from (cause.selector for cause in slot)
        if self.root.selector is not None:
            yield self.root.selector

    def may_match(self, names: AbstractSet[str], members: AbstractSet[str]) -> bool:
        """Whether the conditions can hold on a record with these header names and top-level JSON members."""
        return all(any(_may_hold(condition.selector, names, members) for condition in group) for group in self.all)

    @property
    def reads_value(self) -> bool:
        """Whether any selector reads the record's value."""
        return any(selector.source == "value" for selector in self.selectors())


def _may_be_attribute(name: str, headers: AbstractSet[str]) -> bool:
    """Whether a header may hold a CloudEvents attribute, however it is spelled."""
    if f"{CE_PREFIX}{name}" in headers:
        return True
    unusual = {f"{prefix}{name.lower()}" for prefix in UNUSUAL_CE_PREFIXES}
    return any(header.lower() in unusual for header in headers)


def _may_hold(selector: Selector, names: AbstractSet[str], members: AbstractSet[str]) -> bool:
    match selector.source:
        case "header":
            return selector.path in names
        case "header?":
            return selector.path.lower() in {name.lower() for name in names}
        case "joined":
            return all(_may_hold(part, names, members) for part in selector.parts)
        case "ce":
            return selector.path in members or _may_be_attribute(selector.path, names)
        case "value":
            first = selector.steps[0]
            return not isinstance(first, str) or first in members
    return True


@dataclass(frozen=True, slots=True)
class TopicConvention:
    """The convention that a person fixed for a topic."""

    convention: str
    force: bool = False
    """Apply it even where its conditions do not hold."""
