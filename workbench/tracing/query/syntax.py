"""The parts of a structural query: sets of events, relations between them, and stages over traces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Value: TypeAlias = "str | int | float | bool | Duration | None"
Joining: TypeAlias = Literal["&&", "||"]

RELATIONS = (">>", "<<", ">", "<", "~")
"""Ancestor, descendant, cause, effect, and events that share a cause."""
COMPARISONS = ("=~", "!~", "!=", "<=", ">=", "=", "<", ">")
AGGREGATES = ("count", "min", "max", "avg", "sum")


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time: ``5ms``."""

    us: int


@dataclass(frozen=True, slots=True)
class Field:
    """A field of events by its name, or a path into the payload."""

    name: str
    path: tuple[str, ...] = ()
    """Names of members, for a path into the payload; its name is the path as it was written."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``type = "OrderPlaced"``."""

    field: Field
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Terms:
    """Comparisons joined by ``&&`` or ``||``."""

    joining: Joining
    terms: tuple[Condition, ...]


Condition: TypeAlias = "Comparison | Terms"


@dataclass(frozen=True, slots=True)
class EventSet:
    """``{ … }``: the events that meet a condition, or all of them."""

    condition: Condition | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """``A >> B``: the events of B that stand in a relation to an event of A."""

    left: Expression
    right: Expression
    operator: str
    """One of `RELATIONS`."""
    negated: bool = False
    """Those that stand in it to none."""
    both: bool = False
    """Both ends of each pair."""
    links: bool = False
    """Links are followed as well as causes."""


@dataclass(frozen=True, slots=True)
class Combined:
    """``A && B`` (traces that have both) or ``A || B``."""

    joining: Joining
    parts: tuple[Expression, ...]


Expression: TypeAlias = "EventSet | Relation | Combined"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """``avg(hop) > 5ms``: keeps the groups of which it is true; ``count`` has no field."""

    function: str
    field: Field | None
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class GroupBy:
    """``by(type)``: divides each trace further."""

    field: Field


@dataclass(frozen=True, slots=True)
class Select:
    """``select(type, hop)``: the columns of the result."""

    fields: tuple[Field, ...]


Stage: TypeAlias = "Aggregate | GroupBy | Select"


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query."""

    expression: Expression
    stages: tuple[Stage, ...] = ()
