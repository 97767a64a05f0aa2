"""Tells which fields of an envelope an edit touches: locked ones, which it must not, and sensitive ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.decoding import decode_parts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.decoding import Convention
    from workbench.model import HeaderList

LOCKED = ("event_id", "correlation_id", "causes", "event_type")
"""Only new ids change them; the type says what a body is."""
SENSITIVE = ("source", "environment", "tenant", "principal", "event_time")
"""Fields that readers trust: an edit may change them, and the plan lists it."""
_STRICT = "onex"
"""Readers of conventions that begin so refuse a body with an unknown member."""


def touched(
    topic: str,
    before: tuple[bytes | None, HeaderList],
    after: tuple[bytes | None, HeaderList],
    conventions: Sequence[Convention] | None,
) -> tuple[list[str], list[str]]:
    """Return the locked and the sensitive fields that differ between two states of a record, each value and headers."""
    old = decode_parts(topic, before[1], before[0], conventions)
    new = decode_parts(topic, after[1], after[0], conventions)
    differ = [name for name in (*LOCKED, *SENSITIVE) if getattr(old, name) != getattr(new, name)]
    return [name for name in differ if name in LOCKED], [name for name in differ if name in SENSITIVE]


def is_strict(convention: str | None) -> bool:
    """Tell whether readers of a convention refuse members that they do not know."""
    return (convention or "").startswith(_STRICT)
