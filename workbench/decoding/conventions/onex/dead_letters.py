"""Dead letters of ONEX: the original is a text inside the body, and can be a dead letter itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.dead_letter_body import DeadLetter, error_of, origin_of, text_of
from workbench.decoding.conventions.provenance import Found
from workbench.decoding.formats.json import read_json
from workbench.decoding.ids import canonical_id
from workbench.model.events.envelope import Cause, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

DIALECTS = frozenset({"dlq", "dlq_mirror", "quarantine"})
"""Body shapes that are dead letters."""
MAX_LAYERS = 16
"""Layers that are opened; a body nested deeper is read as if its innermost layer were the original."""
_MESSAGE_ID = "value:original_message.message_id"
_MARKERS = frozenset({"<no_value>", "<decode_failed>", "<non-serializable>", "<unreadable_value>"})
_REDACTION_NOTE = re.compile(r"redacted[\])}>.]*\s*$", re.IGNORECASE)


def read_dead_letter(dialect: str | None, body: Mapping[str, Any]) -> DeadLetter:
    """Read a dead letter, its mirror for dashboards, or a quarantine record."""
    problems: set[str] = set()
    if dialect == "dlq_mirror":
        return DeadLetter(
            Found(None, error_of(body, "error_type", "error_message", "retry_count")), position_first=True
        )
    if dialect == "quarantine":
        names = ("source_dlq_topic", "source_dlq_partition", "source_dlq_offset")
        origin = origin_of(body, names, "onex_quarantine", problems)
        error = error_of(body, "error_type", "reason", "retry_count")
        problems |= {"lossy_copy", *_content_problems(body, body.get("original_payload"), body.get("reason"))}
        return DeadLetter(Found(origin, error, frozenset(problems)), position_first=True)
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
    content = read_json(text_of(layer["original_message"].get("value")) or "")
    correlation = text_of(content.get("correlation_id")) if isinstance(content, dict) else None
    message_id = text_of(outer.get("message_id"))
    return DeadLetter(
        Found(
            origin,
            error_of(body, "error_type", "failure_reason", "retry_count", stage="failure_class"),
            frozenset(problems),
        ),
        depth=depth,
        root=None if root is None else root.position,
        original=None if message_id is None else Cause("event_id", canonical_id(message_id), _MESSAGE_ID),
        inner_correlation=None if correlation is None else canonical_id(correlation),
        position_first=True,
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
    return origin_of(flat, ("topic", "partition", "offset"), "onex_dlq", problems)


def _content_problems(body: Mapping[str, Any], value: object, reason: object) -> set[str]:
    problems: set[str] = set()
    if isinstance(value, str) and value in _MARKERS:
        problems.add("marker_body")
    if body.get("redacted_fields") or (isinstance(reason, str) and _REDACTION_NOTE.search(reason)):
        problems.add("redacted")
    return problems
