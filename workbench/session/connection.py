"""`ClusterConnection`: an open record log, the profile it was opened with, and the tasks that run over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.errors import ConfigurationError
from workbench.tasks import Supervisor

if TYPE_CHECKING:
    from typing import Self

    from workbench.bus.protocols import RecordLog
    from workbench.config import Profile

State: TypeAlias = Literal["unopened", "open", "closed"]


class ClusterConnection:
    """Connects once, owns background tasks, and closes them before the log.

    `workbench.session.cluster.Cluster` is its public face. The modules that capture, tail, replay or watch lag receive
    the connection, so that none of them needs to know the face.

    Attributes:
        profile: Address and settings.
        log: The record log.
        tasks: Tasks of this connection.
        writable: Whether replays may be sent over it.
        reason: Why it was opened for writing.
    """

    def __init__(self, profile: Profile, log: RecordLog, *, writable: bool, reason: str) -> None:
        self.profile = profile
        self.log = log
        self.writable = writable
        self.reason = reason
        self.tasks = Supervisor()
        self.state: State = "unopened"

    @property
    def name(self) -> str:
        """The profile's name, else the address."""
        return self.profile.label

    async def open(self) -> None:
        """Connect. Harmless while open; a connection that was closed stays closed."""
        if self.state == "unopened":
            await self.log.__aenter__()
            self.state = "open"
        self.require_open()

    async def aclose(self) -> None:
        """End the tasks, then disconnect. Idempotent."""
        if self.state != "open":
            return
        self.state = "closed"
        # Tasks use the log, so they end first.
        await self.tasks.aclose()
        await self.log.aclose()

    def require_open(self) -> Self:
        """Return the connection itself.

        Raises:
            ConfigurationError: It is not open.
        """
        if self.state != "open":
            raise ConfigurationError(f"The connection to {self.name} is {self.state}; connect again.")
        return self

    def require_free(self, name: str) -> None:
        """Refuse to start a task under a name that is running.

        Raises:
            ConfigurationError: It is.
        """
        if name in self.tasks.running:
            raise ConfigurationError(f"{name} is running already; stop that one first, or close the cluster.")

    def spawn(self, name: str, work: Any) -> None:
        """Run a coroutine as a task of this connection; see `require_free`."""
        try:
            self.require_free(name)
        except ConfigurationError:
            work.close()
            raise
        self.tasks.spawn(name, work)
