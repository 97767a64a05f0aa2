"""Reads from the attributes of a span which record it sent or received, and whether it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAMES = {
    "topic": ("messaging.destination.name", "messaging.destination", "message_bus.destination", "kafka.topic"),
    "partition": (
        "messaging.destination.partition.id",
        "messaging.kafka.destination.partition",
        "messaging.kafka.partition",
        "kafka.partition",
    ),
    "offset": ("messaging.kafka.offset", "messaging.kafka.message.offset", "kafka.offset"),
    "operation": ("messaging.operation.type", "messaging.operation.name", "messaging.operation"),
}
"""By field, the names of the semantic conventions of OpenTelemetry, newest first, then of older instrumentations."""


def messaging_facts(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``topic``, ``partition``, ``offset`` and ``operation`` of a span, None where it does not say them."""
    found: dict[str, Any] = {}
    for field, names in _NAMES.items():
        value = next((attributes[name] for name in names if attributes.get(name) is not None), None)
        found[field] = value if field in ("topic", "operation") and isinstance(value, str) else None
        if field in ("partition", "offset"):
            found[field] = _position_number(value)
    return found


def says_error(attributes: Mapping[str, Any]) -> bool:
    """Tell whether the attributes say that the span failed."""
    if str(attributes.get("otel.status_code", "")).upper() == "ERROR":
        return True
    error = attributes.get("error")
    if isinstance(error, bool):
        return error
    # Zipkin writes the message itself as the tag's value, so any text but a plain no is an error.
    return isinstance(error, str) and error.lower() not in {"", "false", "0", "no"}


def _position_number(value: Any) -> int | None:
    try:
        number = int(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if 0 <= number < 2**63 else None
