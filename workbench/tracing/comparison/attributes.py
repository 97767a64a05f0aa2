"""Attributes of events: envelope fields, headers, and the paths of payloads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DEEPEST = 4
"""Members of payloads are attributes down to this depth."""
_FIELDS = (
    "topic", "partition", "event_type", "source", "destination", "environment", "tenant", "principal", "convention",
    "cause_state", "format", "tombstone", "dlq_depth",
)  # fmt: skip
_MOST_PATHS = 300
_LONGEST_TEXT = 200


def event_attributes(
    row: Mapping[str, Any], headers: Iterable[Mapping[str, Any]], value: bytes | None
) -> dict[str, Any]:
    """Return the attributes of one event by name: fields, ``header:NAME``, and ``.path`` of the payload.

    Args:
        row: The decoded row.
        headers: ``name`` and ``value`` of each header.
        value: The value; members are read if it is a JSON object.
    """
    found: dict[str, Any] = {name: row[name] for name in _FIELDS if row.get(name) is not None}
    error = row.get("error") or {}
    found |= {f"error.{name}": error[name] for name in ("type", "stage") if error.get(name)}
    for header in headers:
        name, text = (_text(header[part]) for part in ("name", "value"))
        found[f"header:{name}"] = text
    try:
        body = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return found
    if isinstance(body, dict):
        _flatten(body, "", found, DEEPEST)
    return found


def _text(data: bytes | None) -> str | None:
    return None if data is None else data[:_LONGEST_TEXT].decode("utf-8", "backslashreplace")


def _flatten(tree: Mapping[str, Any], path: str, found: dict[str, Any], deeper: int) -> None:
    for name, value in tree.items():
        if len(found) >= _MOST_PATHS:
            return
        inner = f"{path}.{name}"
        if isinstance(value, dict):
            if deeper > 1:
                _flatten(value, inner, found, deeper - 1)
        elif isinstance(value, list):
            found[f"{inner}.length"] = len(value)
        elif value is not None:
            found[inner] = value[:_LONGEST_TEXT] if isinstance(value, str) else value
