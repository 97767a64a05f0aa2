"""Holds the classes that users work with, `Cluster` and `Snapshot`; `Snapshot` loads only when it is first used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.session.cluster import Cluster
from workbench.session.connecting import connect
from workbench.session.demonstration import demo

if TYPE_CHECKING:
    from workbench.session.comparing import compare
    from workbench.session.explored_address import explore
    from workbench.session.opening import open_snapshot
    from workbench.session.snapshot import Snapshot
    from workbench.session.span_files import open_trace

__all__ = ["Cluster", "Snapshot", "compare", "connect", "demo", "explore", "open_snapshot", "open_trace"]


def __getattr__(name: str) -> Any:
    if name in {"Snapshot", "open_snapshot"}:
        from workbench.session import opening

        return getattr(opening, name)
    if name == "compare":
        from workbench.session.comparing import compare

        return compare
    if name == "explore":
        from workbench.session.explored_address import explore

        return explore
    if name == "open_trace":
        from workbench.session.span_files import open_trace

        return open_trace
    raise AttributeError(f"module 'workbench.session' has no attribute {name!r}")
