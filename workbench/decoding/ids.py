"""Brings ids to one spelling, so that they can be compared; none is invented or repaired."""

from __future__ import annotations

import re

_HYPHENATED = r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
_UUID = re.compile(rf"(?:\{{({_HYPHENATED})\}}|(?i:urn:uuid:)({_HYPHENATED})|({_HYPHENATED}))")
_HEX32 = re.compile(r"[0-9a-fA-F]{32}")
_SPAN = re.compile(r"[0-9a-f]{16}")
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?")
TRACEPARENT_FORM = r"[0-9a-fA-F]{2}-[0-9a-fA-F]{32}-[0-9a-fA-F]{16}-[0-9a-fA-F]{2}(?:-[^\n]*)?"
"""A whole W3C trace parent, valid or not; RE2 reads it alike."""
_TRACEPARENT_FORM = re.compile(TRACEPARENT_FORM)


NIL_UUID = "00000000-0000-0000-0000-000000000000"
_WORDS = ("null", "Null", "NULL", "none", "None", "NONE", "nil", "Nil", "<nil>", "undefined", "(null)", "-")
NO_IDS = frozenset((*_WORDS, NIL_UUID, "0" * 32, "0" * 16))
"""Texts that writers put where there is no id: their language's word for it, and ids of zeros."""
NO_CAUSES = NO_IDS | {"root", "Root", "ROOT"}
"""The same for causes; tracers write that the parent of a first span is the root."""


def canonical_id(text: str) -> str:
    """Return a UUID in lower case with hyphens where the text is one in a usual spelling; other texts unchanged."""
    found = _UUID.fullmatch(text)
    return text if found is None else (found[1] or found[2] or found[3]).lower()


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID with hyphens in a usual spelling."""
    return _UUID.fullmatch(text) is not None


def hex_id(data: bytes) -> str:
    """Return the id of bytes that are not UTF-8: ``hex:`` and their hex digits, so that nothing is lost."""
    return "hex:" + data.hex()


def span_of(text: str) -> str | None:
    """Return the span id of a cause that is a span id or a W3C traceparent; None for other texts."""
    if _SPAN.fullmatch(text):
        return text
    found = _TRACEPARENT.fullmatch(text)
    return found[1] if found else None


def is_traceparent(text: str) -> bool:
    """Whether a text has the form of a whole W3C traceparent: trace context, which is another one at each hop."""
    return _TRACEPARENT_FORM.fullmatch(text) is not None


def is_uuid_like(text: str) -> bool:
    """Whether readers that parse UUIDs accept a text: a UUID in a usual spelling, or its 32 hex digits."""
    return is_uuid(text) or _HEX32.fullmatch(text) is not None
