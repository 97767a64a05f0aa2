"""Where changes are written down: who did what, why, when, with which result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Awaitable


@runtime_checkable
class AuditSink(Protocol):
    """Takes one row for each change; `workbench.EventStore` is one."""

    def audit(self, action: str, *, who: str = "", reason: str = "", result: str, **details: Any) -> Awaitable[None]:
        """Enter one row. ``cluster``, ``topic`` and ``records`` among the details have columns of their own."""
        ...
