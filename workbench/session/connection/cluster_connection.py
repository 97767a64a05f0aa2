"""Defines `ClusterConnection`: a record log, the profile that it was opened with, and the tasks that use it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Literal, TypeAlias

from workbench.bus.profiles import http_proxy_of, registry_of
from workbench.bus.read_only import ReadOnlyLog
from workbench.config.protection import is_protected
from workbench.errors import ConfigurationError
from workbench.tasks import Supervisor

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self

    from workbench.bus.protocols import RecordLog
    from workbench.bus.redpanda.proxy import HttpProxy
    from workbench.bus.registry import SchemaRegistry
    from workbench.config import Profile
    from workbench.transforms.views.host import ViewHost

State: TypeAlias = Literal["unopened", "open", "closed"]


class ClusterConnection:
    """Connects once, owns background tasks, and ends them before it closes the log.

    `workbench.session.cluster.Cluster` has the public methods. The modules that capture, tail, replay or watch lag
    receive this object, so that they do not import `Cluster`.

    Attributes:
        profile: Address and settings.
        log: The record log; its readers mask what the settings hide.
        plain_log: The same without masking: for what moves records and shows none.
        masked: Makes another log mask as this one does; with a function, that is given the raw records.
        keeps_raw: Whether captures keep the raw bytes of masked records.
        hides: Tells whether records of a topic are masked.
        tasks: Background tasks of this connection.
        protected: Whether the cluster is protected, by whatever name it was opened; known once open.
        writable: Whether replays may be sent over it.
        reason: Why it was opened for writing.
    """

    def __init__(
        self,
        profile: Profile,
        log: RecordLog,
        *,
        writable: bool,
        reason: str,
        masked: Callable[..., RecordLog],
        hides: Callable[[str], bool],
        keeps_raw: bool = False,
    ) -> None:
        self.profile = profile
        # Writing has to be asked for: without it even the log that is handed out to users refuses to change anything.
        self.plain_log: RecordLog = log if writable else ReadOnlyLog(log)
        self.masked = masked
        self.log = masked(self.plain_log)
        self.hides = hides
        self.keeps_raw = keeps_raw
        self.writable = writable
        self.reason = reason
        self.protected = profile.protected
        self.tasks = Supervisor()
        self.state: State = "unopened"
        self._registry: SchemaRegistry | None = None
        self._http_proxy: HttpProxy | None = None
        self.view_host: ViewHost | None = None
        """Keeps the views that run in this process; None until one is asked for."""

    @property
    def name(self) -> str:
        """The profile's name, else the address."""
        return self.profile.label

    @property
    def kind(self) -> str:
        """Whether it is a protected, a development or another cluster, in words."""
        if self.protected:
            return "protected: a replay wants the target's name typed"
        return "development" if self.profile.development else "not marked as development"

    def registry(self) -> SchemaRegistry:
        """Return the client of the schema registry, made at the first call.

        Raises:
            ConfigurationError: The profile has no registry.
        """
        if self._registry is None:
            self._registry = registry_of(self.profile)
        return self._registry

    def http_proxy(self) -> HttpProxy:
        """Return the client of the HTTP proxy, made at the first call; read-only as the connection is.

        It does not write to a protected cluster: what is written there is planned and confirmed as a replay.

        Raises:
            ConfigurationError: The profile has no HTTP proxy.
        """
        if self._http_proxy is None:
            self._http_proxy = http_proxy_of(self.profile, read_only=not self.writable or self.protected)
        return self._http_proxy

    async def open(self) -> None:
        """Connect; does nothing if it is open. A closed connection cannot be opened again."""
        if self.state == "unopened":
            await self.log.__aenter__()
            try:
                self.protected = await asyncio.to_thread(is_protected, self.profile, self.log.cluster_id)
            except BaseException:
                await self.log.aclose()
                raise
            self.state = "open"
        self.require_open()

    async def aclose(self) -> None:
        """End the tasks, then disconnect; does nothing if it is closed."""
        if self.state != "open":
            return
        self.state = "closed"
        # Tasks use the log, so they end first.
        await self.tasks.aclose()
        if self._registry is not None:
            await self._registry.aclose()
        if self._http_proxy is not None:
            await self._http_proxy.aclose()
        await self.log.aclose()

    def require_open(self) -> Self:
        """Return the connection itself.

        Raises:
            ConfigurationError: It is not open.
        """
        if self.state != "open":
            raise ConfigurationError(f"The connection to {self.name} is {self.state}; connect again.")
        return self
