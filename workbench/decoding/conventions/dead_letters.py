"""Dead letters that say in their body what they are copies of: ONEX's, and the contract's own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.provenance import Found, integer, position_number
from workbench.decoding.formats.json import read_json
from workbench.decoding.ids import canonical_id
from workbench.decoding.value_tree import scalar_text
from workbench.model.envelope import EventError, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping


ONEX_BODIES = frozenset({"dlq", "dlq_mirror", "quarantine"})
MAX_LAYERS = 16
_MARKERS = frozenset({"<no_value>", "<decode_failed>", "<non-serializable>", "<unreadable_value>"})
_REDACTION_NOTE = re.compile(r"redacted[\])}>.]*\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What the body of a dead letter says."""

    found: Found
    depth: int | None = None
    """Layers of a dead letter that was dead-lettered again."""
    root: str | None = None
    """Position of the innermost original, from the second layer on."""
    message_id: str | None = None
    """Id of the original message, where the body names it."""
    inner_correlation: str | None = None
    """Correlation id inside the copied value."""


def read_contract_dead_letter(body: Mapping[str, Any]) -> DeadLetter | None:
    """Read the payload of ``system.dead_letter``."""
    payload = body.get("payload")
    if not isinstance(payload, dict):
        return None
    problems: set[str] = set()
    names = ("original_topic", "original_partition", "original_offset")
    origin = _origin(payload, names, "contract_dlq", problems)
    error = _error(payload, "error_type", "error_message", "attempts")
    return DeadLetter(Found(origin, error, frozenset(problems))) if origin or error or problems else None


def read_onex_dead_letter(dialect: str, body: Mapping[str, Any]) -> DeadLetter:
    """Read ONEX's dead letter, its mirror for dashboards, or its quarantine record."""
    problems: set[str] = set()
    if dialect == "dlq_mirror":
        return DeadLetter(Found(None, _error(body, "error_type", "error_message", "retry_count")))
    if dialect == "quarantine":
        names = ("source_dlq_topic", "source_dlq_partition", "source_dlq_offset")
        origin = _origin(body, names, "onex_quarantine", problems)
        error = _error(body, "error_type", "reason", "retry_count")
        problems |= {"lossy_copy", *_content_problems(body, body.get("original_payload"), body.get("reason"))}
        return DeadLetter(Found(origin, error, frozenset(problems)))
    return _read_layers(body)


def _read_layers(body: Mapping[str, Any]) -> DeadLetter:
    problems = {"lossy_copy"}
    outer = body["original_message"]
    origin = _layer_origin(body, problems)
    layer, depth = body, 1
    problems |= _content_problems(layer, outer.get("value"), layer.get("failure_reason"))
    while depth < MAX_LAYERS and (inner := _inner_layer(layer)) is not None:
        layer, depth = inner, depth + 1
        problems |= _content_problems(layer, layer["original_message"].get("value"), layer.get("failure_reason"))
    root = _layer_origin(layer, set()) if depth > 1 else None
    content = read_json(_text(layer["original_message"].get("value")) or "")
    correlation = _text(content.get("correlation_id")) if isinstance(content, dict) else None
    message_id = _text(outer.get("message_id"))
    return DeadLetter(
        Found(
            origin,
            _error(body, "error_type", "failure_reason", "retry_count", stage="failure_class"),
            frozenset(problems),
        ),
        depth,
        None if root is None else root.position,
        None if message_id is None else canonical_id(message_id),
        None if correlation is None else canonical_id(correlation),
    )


def _inner_layer(layer: Mapping[str, Any]) -> Mapping[str, Any] | None:
    value = layer["original_message"].get("value")
    inner = read_json(value) if isinstance(value, str) else value
    is_layer = isinstance(inner, dict) and "original_topic" in inner
    return inner if is_layer and isinstance(inner.get("original_message"), dict) else None


def _layer_origin(layer: Mapping[str, Any], problems: set[str]) -> Origin | None:
    message = layer["original_message"]
    flat = {
        "topic": layer.get("original_topic"),
        "partition": message.get("partition"),
        "offset": message.get("offset"),
    }
    return _origin(flat, ("topic", "partition", "offset"), "onex_dlq", problems)


def _content_problems(body: Mapping[str, Any], value: object, reason: object) -> set[str]:
    problems: set[str] = set()
    if isinstance(value, str) and value in _MARKERS:
        problems.add("marker_body")
    if body.get("redacted_fields") or (isinstance(reason, str) and _REDACTION_NOTE.search(reason)):
        problems.add("redacted")
    return problems


def _origin(body: Mapping[str, Any], keys: tuple[str, str, str], via: str, problems: set[str]) -> Origin | None:
    """Read a position from three members: topic, partition, offset."""
    values: dict[str, Any] = {"topic": _text(body.get(keys[0]))}
    for name, key in (("partition", keys[1]), ("offset", keys[2])):
        text = _text(body.get(key))
        values[name] = None if text is None else position_number(name, text, problems)
    return Origin(**values, via=via) if any(value is not None for value in values.values()) else None


def _error(
    body: Mapping[str, Any], kind: str, message: str, attempts: str, stage: str | None = None
) -> EventError | None:
    values = {"type": _text(body.get(kind)), "message": _text(body.get(message))}
    count = integer("attempts", _text(body.get(attempts)))
    staged = None if stage is None else _text(body.get(stage))
    if not any(values.values()) and count is None and staged is None:
        return None
    return EventError(**values, stage=staged, attempts=count)


def _text(value: object) -> str | None:
    """Text of a scalar that UTF-8 can hold."""
    text = scalar_text(value)
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()
