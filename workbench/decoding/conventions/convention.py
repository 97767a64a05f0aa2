"""Envelope conventions: conventions as data, the built-in ones and a user's own."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import pydantic

from workbench.decoding.conventions.selectors import (
    CauseSelector,
    Condition,
    RootRule,
    Selector,
    SelectorError,
    parse_cause,
    parse_condition,
    parse_root,
    parse_selector,
)
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from workbench.model.envelope import IdScope

T = TypeVar("T")

ID_FIELDS = ("event_id", "correlation_id", "root_id", "request_id")
TEXT_FIELDS = ("event_type", "source", "destination", "environment", "tenant", "principal")
TIME_FIELDS = ("event_time", "started", "ended")
VALUE_FIELDS = (*ID_FIELDS, *TEXT_FIELDS, *TIME_FIELDS)
"""Fields that a convention reads with selectors tried in order."""


_NO_ROOT = RootRule()


@dataclass(frozen=True, slots=True)
class Convention:
    """One convention: when it applies, and where each field of an envelope is."""

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
    dialect: str | None = None
    """Sub-shape that the convention stands for, where it is one of several with the same name."""
    version: str = ""
    """Digest of the definition: decoded rows name it, so that a changed convention is seen."""

    @property
    def family(self) -> str:
        """Variants of one family are not compared with each other."""
        return next((name for name in ("cloudevents", "axon") if self.name.startswith(name)), self.name)

    def selectors(self) -> Iterator[Selector]:
        """Every selector that the convention names, conditions included."""
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
        """Whether anything is read from the value's JSON."""
        return any(selector.source == "value" for selector in self.selectors())


def _may_hold(selector: Selector, names: AbstractSet[str], members: AbstractSet[str]) -> bool:
    match selector.source:
        case "header":
            return selector.path in names
        case "header?":
            return selector.path.lower() in {name.lower() for name in names}
        case "ce":
            return selector.path in members or f"ce_{selector.path}" in names
        case "value":
            first = selector.steps[0]
            return not isinstance(first, str) or first in members
    return True


_OneOrMore = pydantic.BeforeValidator(lambda value: [value] if isinstance(value, str) else value)
_Texts = Annotated[list[str], _OneOrMore]
_Groups = Annotated[list[_Texts], pydantic.BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]
_PositiveText = Annotated[str, pydantic.Field(min_length=1)]


class _Definition(pydantic.BaseModel):
    """The shape of ``[conventions.<name>]``; the parsed selectors are kept, this is thrown away."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    strength: int = pydantic.Field(default=2, ge=0, le=5)
    all: Annotated[_Groups, pydantic.Field(min_length=1)]
    none: _Texts = []
    event_id: _Texts = []
    correlation_id: _Texts = []
    root_id: _Texts = []
    request_id: _Texts = []
    event_type: _Texts = []
    source: _Texts = []
    destination: _Texts = []
    event_time: _Texts = []
    started: _Texts = []
    ended: _Texts = []
    environment: _Texts = []
    tenant: _Texts = []
    principal: _Texts = []
    link_id: _Texts = []
    cause: _Groups = []
    root: _PositiveText = "never"
    time: Literal["rfc3339", "rfc3339_or_utc", "nservicebus", "epoch_ms", "epoch_s", "epoch_us", "epoch_ns", "auto"] = (
        "rfc3339"
    )
    id_scope: Literal["global", "source"] = "global"
    pick: Literal["last", "first"] = "last"
    ambiguous_if: _PositiveText | None = None


def make_convention(name: str, definition: Mapping[str, Any]) -> Convention:
    """Check and parse one convention; `ConfigurationError` names the convention, the key and the fault."""
    try:
        shape = _Definition.model_validate(dict(definition))
    except pydantic.ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ConfigurationError(
            f"Convention {name!r} cannot be used: {faults}. Correct [conventions.{name}]."
        ) from error

    def parse(key: str, text: str, parser: Callable[[str], T]) -> T:
        try:
            return parser(text)
        except SelectorError as error:
            raise ConfigurationError(
                f"Convention {name!r}, key {key!r}: {error}. Correct [conventions.{name}].", convention=name, key=key
            ) from error

    fields = {
        key: tuple(parse(key, text, parse_selector) for text in texts)
        for key in VALUE_FIELDS
        if (texts := getattr(shape, key))
    }
    return Convention(
        name=name,
        strength=shape.strength,
        all=tuple(tuple(parse("all", text, parse_condition) for text in group) for group in shape.all),
        none=tuple(parse("none", text, parse_condition) for text in shape.none),
        fields=fields,
        link_ids=tuple(parse("link_id", text, parse_selector) for text in shape.link_id),
        causes=tuple(tuple(parse("cause", text, parse_cause) for text in slot) for slot in shape.cause),
        root=parse("root", shape.root, parse_root),
        time=shape.time,
        id_scope=shape.id_scope,
        pick=shape.pick,
        ambiguous_if=None if shape.ambiguous_if is None else parse("ambiguous_if", shape.ambiguous_if, parse_condition),
        version=definition_digest(definition),
    )


@dataclass(frozen=True, slots=True)
class TopicConvention:
    """The convention that a person fixed for a topic."""

    convention: str
    force: bool = False
    """Apply it even where its conditions do not hold."""


def definition_digest(definition: Mapping[str, Any]) -> str:
    """Short name of a definition's content."""
    text = json.dumps(definition, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
