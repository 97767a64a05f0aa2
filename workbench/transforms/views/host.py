"""Gives the views of one cluster: which executors it has, and which one is meant where none is named."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from workbench.transforms.views.local import LocalExecutor
from workbench.transforms.views.views import Views

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from workbench.bus.protocols import RecordLog
    from workbench.config.admin_api import AdminSettings
    from workbench.model.audit import AuditSink
    from workbench.tasks import Supervisor
    from workbench.transforms.views.state import Executor


class ViewHost:
    """Keeps the views that run in this process, and speaks to the Admin API where the cluster has one.

    Args:
        log: The cluster.
        tasks: Owner of the tasks of local views.
        admin: Settings of the Admin API; with them the brokers are meant where no executor is named.
        auto_local: Whether this process is meant where no executor is named and there is no Admin API: on an embedded
            cluster, which nobody else could run views for.
        hides: Tells whether records of a topic are masked; the log of a transform that reads it is not shown then.
    """

    def __init__(
        self,
        log: RecordLog,
        tasks: Supervisor,
        admin: AdminSettings | None,
        *,
        auto_local: bool,
        hides: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._log = log
        self._hides = hides
        self._admin = admin
        self._auto_local = auto_local
        self._local = LocalExecutor(log, tasks)

    @asynccontextmanager
    async def opened(self, *, audit: AuditSink | None = None, reason: str = "") -> AsyncIterator[Views]:
        """Give the views, with a connection to the Admin API for as long as the block runs."""
        executors: dict[str, Executor] = {"local": self._local}
        if self._admin is None:
            auto = "local" if self._auto_local else None
            yield Views(self._log, executors, auto=auto, audit=audit, reason=reason, hides=self._hides)
            return
        from workbench.bus.redpanda import AdminClient
        from workbench.transforms.views.broker import BrokerExecutor

        async with AdminClient(self._admin) as admin:
            executors["broker"] = BrokerExecutor(admin, self._log)
            yield Views(self._log, executors, auto="broker", audit=audit, reason=reason, hides=self._hides)
