"""Checks definitions of conventions in TOML tables and parses them into `Convention`."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

import pydantic

from workbench.decoding.conventions.convention import VALUE_FIELDS, Convention
from workbench.decoding.conventions.selectors import (
    SelectorError,
    parse_cause,
    parse_condition,
    parse_root,
    parse_selector,
)
from workbench.decoding.ids import NO_CAUSES, NO_IDS, canonical_id
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

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
    null_values: _Texts = []


def parse_convention(name: str, definition: Mapping[str, Any]) -> Convention:
    """Check and parse one convention.

    Raises:
        ConfigurationError: It cannot be used; the message names the convention, the key and the fault.
    """
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
        no_ids=NO_IDS.union(map(canonical_id, shape.null_values)),
        no_causes=NO_CAUSES.union(map(canonical_id, shape.null_values)),
        version=definition_digest(definition),
    )


def definition_digest(definition: Mapping[str, Any]) -> str:
    """Return 12 hex digits of the SHA-256 of a definition's content."""
    text = json.dumps(definition, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
