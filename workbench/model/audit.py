"""Defines the protocol of an audit log, which keeps one row for each change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable


@runtime_checkable
class AuditSink(Protocol):
    """Writes one audit row for each change; `workbench.EventStore` implements it."""

    def audit(self, action: str, *, who: str = "", reason: str = "", result: str, **details: Any) -> Awaitable[None]:
        """Append one row. ``cluster``, ``topic`` and ``records`` of the details are stored in their own columns."""
        ...
