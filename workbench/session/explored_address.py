"""Connects and explores in one call; see `workbench.explore`."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from workbench.session.connecting import connect

if TYPE_CHECKING:
    from workbench.widgets import Explorer

_CONNECTION = ("write", "reason", "schema_registry")
_closing: set[asyncio.Task[None]] = set()
"""Connections that are being closed: a task that nobody holds may be collected before its end."""


async def explore(address: str | None = None, **options: Any) -> Explorer:
    """Connect, and explore the cluster: ``await wb.explore()``. ``.cluster`` is the connection.

    Running the cell again, or ``close()``, closes the connection too.

    Args:
        address: The cluster; see `connect`.
        options: ``write``, ``reason`` and ``schema_registry`` as of `connect`; others as of `Cluster.explore`.

    Raises:
        ConfigurationError: No address is given or configured, or an option is not valid.
        BrokerUnavailableError: No broker of the address answers.
    """
    cluster = await connect(address, **{name: options.pop(name) for name in _CONNECTION if name in options})
    loop = asyncio.get_running_loop()

    def close_cluster() -> None:
        task = loop.create_task(cluster.aclose())
        _closing.add(task)
        task.add_done_callback(_closing.discard)

    try:
        return cluster.explore(closed=close_cluster, **options)
    except BaseException:
        await cluster.aclose()
        raise
