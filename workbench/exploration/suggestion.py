"""Writes proposals as conventions: definitions to pass to a capture, and the same as TOML to paste."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from workbench.decoding import builtin_conventions, make_convention
from workbench.errors import ConfigurationError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from workbench.exploration.fields import Field
    from workbench.exploration.proposals import Proposal

_ALWAYS = 0.99
_IDS = ("event_id", "cause", "correlation_id")


def suggest(
    proposals: Iterable[Proposal], fields: Mapping[str, Iterable[Field]], taken: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Write one convention for each topic that has proposals for its ids.

    Args:
        proposals: Proposals of all topics.
        fields: Fields of each topic.
        taken: Names that conventions of the snapshot have already.
    """
    by_topic: dict[str, dict[str, Proposal]] = {}
    for one in proposals:
        by_topic.setdefault(one.topic, {})[one.field] = one
    names = {*taken, *(convention.name for convention in builtin_conventions())}
    found: dict[str, dict[str, Any]] = {}
    for topic, chosen in by_topic.items():
        # A topic of an imported file may have any name; what is pasted into a file is what was seen.
        if not any(name in chosen for name in _IDS) or visible(topic, None) != topic:
            continue
        name = _name(topic, names)
        definition = _definition(topic, chosen, list(fields[topic]))
        try:
            make_convention(name, definition)
        except ConfigurationError:
            # A member with a name that no selector can write; the frame of the description has it.
            continue
        names.add(name)
        found[name] = definition
    return found


def toml_text(conventions: Mapping[str, Mapping[str, Any]]) -> str:
    """Write conventions as tables for ``workbench.toml``."""
    blocks = []
    for name, definition in conventions.items():
        lines = [f"{key} = {_toml(value)}" for key, value in definition.items()]
        blocks.append("\n".join([f"[conventions.{name}]", *lines]))
    return "\n\n".join(blocks)


def _definition(topic: str, chosen: Mapping[str, Proposal], fields: Iterable[Field]) -> dict[str, Any]:
    always = {one.selector for one in fields if one.present >= _ALWAYS * one.records}
    # A hyphen means nothing outside of brackets; without the backslash the pattern is easier to read.
    pattern = re.escape(topic).replace("\\-", "-")
    place = f"topic:({pattern})"
    named = dict.fromkeys(one.selector for name in _IDS if (one := chosen.get(name)) and one.selector in always)
    definition: dict[str, Any] = {"all": [place, *named]}
    for name in ("event_id", "correlation_id", "cause"):
        if name in chosen:
            definition[name] = chosen[name].selector
    if "event_id" in chosen:
        definition["root"] = "null_cause"
    definition["event_type"] = chosen["event_type"].selector if "event_type" in chosen else place
    if "event_time" in chosen:
        definition["event_time"] = chosen["event_time"].selector
        number = all(text.isdecimal() for text in chosen["event_time"].examples)
        definition["time"] = "auto" if number else "rfc3339_or_utc"
    return definition


def _name(topic: str, taken: Collection[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", topic.lower()).strip("_")[:40] or "own"
    number = 1
    name = plain
    while name in taken:
        number += 1
        name = f"{plain}_{number}"
    return name


def _toml(value: Any) -> str:
    """Write a text or a list of texts; a basic string of TOML has the escapes of JSON."""
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
