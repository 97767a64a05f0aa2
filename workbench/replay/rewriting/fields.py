"""Tells which fields of an envelope an edit touches: locked ones, which it must not, and sensitive ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

LOCKED = ("event_id", "correlation_id", "causes", "event_type")
"""Only new ids change them; the type says what a body is."""
SENSITIVE = ("source", "environment", "tenant", "principal", "event_time")
"""Fields that readers trust: an edit may change them, and the plan lists it."""
_STRICT = "onex"
"""Readers of conventions that begin so refuse a body with an unknown member."""


def touched(before: pa.RecordBatch, after: pa.RecordBatch) -> dict[str, NDArray[np.bool_]]:
    """Return for each field that an edit touches in which events it differs.

    Args:
        before: EVENT columns of some records.
        after: The same of the edited records.
    """
    found = {}
    for name in (*LOCKED, *SENSITIVE):
        old, new = before.column(name), after.column(name)
        if not old.equals(new):
            pairs = zip(old.to_pylist(), new.to_pylist(), strict=True)
            found[name] = np.fromiter((one != other for one, other in pairs), bool, len(old))
    return found


def is_strict(convention: str | None) -> bool:
    """Tell whether readers of a convention refuse members that they do not know."""
    return (convention or "").startswith(_STRICT)
