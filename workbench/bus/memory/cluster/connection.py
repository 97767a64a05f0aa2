"""The connection of one open `MemoryLog` to its cluster: open or closed, with the faults to inject."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.bus.memory.cluster.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.bus.memory.cluster.cluster import Cluster


class Connection:
    """Connects one log, with its readers, writers and members, to a cluster."""

    def __init__(self, cluster: Cluster, *, timeout_s: float) -> None:
        self.cluster = cluster
        self.address = f"memory://{cluster.name}"
        self.faults = Faults(self.address, timeout_s)
        self.on_close: set[Callable[[], None]] = set()
        self._closed = False

    async def call(self, doing: str) -> Cluster:
        """Begin a call: yield to the event loop, then apply the injected faults.

        Raises:
            RuntimeError: The log was closed.
            BrokerUnavailableError: An injected fault fails the call.
        """
        self.require_open()
        await self.faults.apply(doing)
        self.require_open()
        return self.cluster

    def require_open(self) -> None:
        """Raise `RuntimeError` when the log was closed."""
        if self._closed:
            raise RuntimeError(f"{self.address} was closed.")

    def close(self) -> None:
        """Close the connection; members leave their groups."""
        if self._closed:
            return
        self._closed = True
        for leave in list(self.on_close):
            leave()
        self.cluster.detach()
