"""Tells which fields of an envelope an edit touches: locked ones, which it must not, and sensitive ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.model import HeaderList
    from workbench.replay.rewriting.record_reader import RecordReader

LOCKED = ("event_id", "correlation_id", "causes", "event_type")
"""Only new ids change them; the type says what a body is."""
SENSITIVE = ("source", "environment", "tenant", "principal", "event_time")
"""Fields that readers trust: an edit may change them, and the plan lists it."""
_STRICT = "onex"
"""Readers of conventions that begin so refuse a body with an unknown member."""


def touched(
    reader: RecordReader, before: tuple[bytes | None, HeaderList], after: tuple[bytes | None, HeaderList]
) -> tuple[list[str], list[str]]:
    """Return the locked and the sensitive fields that differ between two states of a record, each value and headers."""
    old, new = (reader.envelope(headers, value) for value, headers in (before, after))
    differ = [name for name in (*LOCKED, *SENSITIVE) if getattr(old, name) != getattr(new, name)]
    return [name for name in differ if name in LOCKED], [name for name in differ if name in SENSITIVE]


def is_strict(convention: str | None) -> bool:
    """Tell whether readers of a convention refuse members that they do not know."""
    return (convention or "").startswith(_STRICT)
