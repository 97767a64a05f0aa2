"""Finds texts that the JSON of a row must contain for a condition to be true, so that other rows need not be read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXTRACTS = frozenset({"->>", "json_extract_string"})
_PAYLOAD = ["payload"]
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.:-]{2,}")
"""Texts that stand in JSON as they are, or with escapes that can be told: no number, object or array is written so."""
_WORDS = frozenset({"nan", "inf", "infinity", "true", "false", "null"})
"""What JSON values may be written as that are no texts."""


def required_texts(condition: dict[str, Any]) -> tuple[str, ...]:
    """Return such texts of a parsed condition: of ``payload->>'…' = 'text'`` that stands alone or is joined by AND."""
    return tuple(dict.fromkeys(_texts(condition)))


def _texts(node: dict[str, Any]) -> Iterator[str]:
    if node.get("type") == "CONJUNCTION_AND":
        for child in node.get("children", ()):
            yield from _texts(child)
    elif node.get("type") == "COMPARE_EQUAL":
        left, right = node.get("left") or {}, node.get("right") or {}
        for one, other in ((left, right), (right, left)):
            text = _literal(other)
            if _is_payload_text(one) and _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
                yield text


def _literal(node: dict[str, Any]) -> str:
    literal = node.get("literal") or {}
    return str(literal.get("text", "")) if literal.get("kind") == "STRING" else ""


def _is_payload_text(node: dict[str, Any]) -> bool:
    """Tell whether an expression takes one text out of the payload."""
    arguments = node.get("arguments") or ()
    first = (arguments[0].get("expression") or {}) if arguments else {}
    return node.get("function_name") in _EXTRACTS and bool(first.get("column_names") == _PAYLOAD)
