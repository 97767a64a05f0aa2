"""Parses definitions of conventions in TOML tables into `Convention`; `definition_check` has checked those of users."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, TypeVar

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

_USUAL_STRENGTH = 2
_TEXTS = frozenset({"none", *VALUE_FIELDS, "link_id", "null_values"})
_GROUPS = frozenset({"all", "cause"})
"""Keys with a list, or a list of lists, in which a text stands for a list of one."""


def with_lists(definition: Mapping[str, Any]) -> dict[str, Any]:
    """Write each text that stands for a list of one as that list."""

    def listed(key: str, value: Any) -> Any:
        if key in _TEXTS or key in _GROUPS:
            value = _one_or_more(value)
        if key in _GROUPS and isinstance(value, list):
            value = [_one_or_more(group) for group in value]
        return value

    return {key: listed(key, value) for key, value in definition.items()}


def _one_or_more(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def parse_convention(name: str, definition: Mapping[str, Any]) -> Convention:
    """Parse one convention, whose keys and types are right.

    Raises:
        ConfigurationError: It names a selector that cannot be used; the message names the convention, the key and the
            fault.
    """
    shape = with_lists(definition)

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
        if (texts := shape.get(key))
    }
    ambiguous = shape.get("ambiguous_if")
    no_values = frozenset(map(canonical_id, shape.get("null_values", ())))
    return Convention(
        name=name,
        strength=shape.get("strength", _USUAL_STRENGTH),
        all=tuple(tuple(parse("all", text, parse_condition) for text in group) for group in shape["all"]),
        none=tuple(parse("none", text, parse_condition) for text in shape.get("none", ())),
        fields=fields,
        link_ids=tuple(parse("link_id", text, parse_selector) for text in shape.get("link_id", ())),
        causes=tuple(tuple(parse("cause", text, parse_cause) for text in slot) for slot in shape.get("cause", ())),
        root=parse("root", shape.get("root", "never"), parse_root),
        ambiguous_if=None if ambiguous is None else parse("ambiguous_if", ambiguous, parse_condition),
        no_ids=NO_IDS | no_values,
        no_causes=NO_CAUSES | no_values,
        version=definition_digest(definition),
        **{key: shape[key] for key in ("time", "id_scope", "pick") if key in shape},
    )


def definition_digest(definition: Mapping[str, Any]) -> str:
    """Return 12 hex digits of the SHA-256 of a definition's content."""
    text = json.dumps(definition, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
