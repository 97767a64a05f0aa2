"""What the parts of one open `MemoryLog` share: the cluster, the deadline, the faults, and whether it is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.bus.memory.cluster.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.bus.memory.cluster.cluster import Cluster


class Connection:
    """One client's way to a cluster."""

    def __init__(self, cluster: Cluster, *, timeout_s: float) -> None:
        self.cluster = cluster
        self.address = f"memory://{cluster.name}"
        self.faults = Faults(self.address, timeout_s)
        self.on_close: set[Callable[[], None]] = set()
        self._closed = False

    async def call(self, doing: str) -> Cluster:
        """Begin a call: let the loop run, suffer the faults.

        Raises:
            RuntimeError: The log was closed.
            BrokerUnavailableError: A fault says so.
        """
        self.require_open()
        await self.faults.suffer(doing)
        self.require_open()
        return self.cluster

    def require_open(self) -> None:
        """Raise `RuntimeError` when the log was closed."""
        if self._closed:
            raise RuntimeError(f"{self.address} was closed.")

    def close(self) -> None:
        """End it; members leave their groups."""
        if self._closed:
            return
        self._closed = True
        for leave in list(self.on_close):
            leave()
        self.cluster.detach()
