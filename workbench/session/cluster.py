"""`Cluster`: the public face of one connection to an event bus. Each method hands over to the module that does it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.session.connection import ClusterConnection
from workbench.text import element, facts, fragment, visible

if TYPE_CHECKING:
    import os
    from collections.abc import AsyncGenerator, Callable, Mapping
    from datetime import timedelta
    from typing import Self

    import pandas as pd

    from workbench.bus.protocols import RecordLog
    from workbench.config import Profile
    from workbench.eventbus import EventBus
    from workbench.lag import LagResult
    from workbench.model import Isolation, Record
    from workbench.model.feeds import Progress
    from workbench.model.topic_selection import TopicsLike
    from workbench.model.window import BoundLike
    from workbench.replay import Draft, Plan, ReplayReport
    from workbench.session.snapshot import Snapshot
    from workbench.tasks import Supervisor
    from workbench.widgets import LagPanel, LiveTail, ReplayPanel


class Cluster:
    """A connected event bus; read-only unless it was opened for writing.

    Made by `workbench.connect` and `workbench.demo`. It owns the tasks it starts (tails, captures, lag watches):
    closing it ends them, leaving a cell does not. ``async with`` closes it.
    """

    def __init__(self, profile: Profile, log: RecordLog, *, write: bool = False, reason: str | None = None) -> None:
        self._connection = ClusterConnection(profile, log, writable=write, reason=reason or "")

    @property
    def profile(self) -> Profile:
        """Address and settings that it was opened with."""
        return self._connection.profile

    @property
    def address(self) -> str:
        """The address, without secrets."""
        return str(self.profile.address)

    @property
    def cluster_id(self) -> str:
        """The cluster's own id."""
        return self.log.cluster_id

    @property
    def name(self) -> str:
        """The profile's name, else the address."""
        return self._connection.name

    @property
    def writable(self) -> bool:
        """Whether replays may be sent over this connection."""
        return self._connection.writable

    @property
    def reason(self) -> str:
        """Why it was opened for writing; empty on a read-only connection."""
        return self._connection.reason

    @property
    def tasks(self) -> Supervisor:
        """Tasks of this cluster; ``tasks.failures`` says what went wrong in the background."""
        return self._connection.tasks

    @property
    def log(self) -> RecordLog:
        """The record log beneath: exact reads and writes, for what the facade does not offer."""
        return self._connection.log

    async def __aenter__(self) -> Self:
        await self._connection.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End all tasks of this cluster and disconnect. Idempotent."""
        await self._connection.aclose()

    async def topics(self, selection: TopicsLike = "*") -> pd.DataFrame:
        """Describe topics: partitions, offsets, an upper bound of records, rate, groups, retention.

        Args:
            selection: Name, list, shell pattern or regular expression. A pattern never takes internal topics.

        Raises:
            UnknownTopicError: A name does not exist (similar ones are named), or a pattern matches nothing.
        """
        from workbench.session.frames import topics_frame

        return topics_frame(await self.topic_rows(selection), provenance=self._provenance())

    async def topic_rows(self, selection: TopicsLike = "*") -> list[dict[str, Any]]:
        """Describe topics as `topics` does, as plain rows."""
        from workbench.bus.topic_rows import topic_rows
        from workbench.model.topic_selection import parse_topics

        return await topic_rows(self.log, parse_topics(selection))

    def tail(
        self,
        topics: TopicsLike = "*",
        *,
        start: BoundLike = "end",
        isolation: Isolation = "read_committed",
        limit_rows: int = 50_000,
        **options: Any,
    ) -> LiveTail:
        """Follow topics in a live table; joins no group. Show it as a cell's last line.

        Args:
            topics: What to follow.
            start: Where to begin; the end unless told.
            isolation: ``read_uncommitted`` shows open and aborted transactions too.
            limit_rows: Rows held; older ones are let go, and counted.
            options: Traits of the table: ``height``, ``follow``, ``filter``.
        """
        from workbench.session.tailing import tail

        return tail(
            self._connection.require_open(), topics, start=start, isolation=isolation, limit_rows=limit_rows, **options
        )

    def records(
        self,
        topics: TopicsLike,
        *,
        start: BoundLike = "end",
        end: BoundLike | None = None,
        stop_at_end: bool = False,
        isolation: Isolation = "read_committed",
    ) -> AsyncGenerator[Record, None]:
        """Iterate over records one by one, as they are read: ``async for record in cluster.records("orders")``.

        Joins no group. In offset order within each partition; use `contextlib.aclosing` when you leave the loop early.

        Args:
            topics: What to read.
            start: Where to begin; the end unless told.
            end: Exclusive last bound, frozen now; without it reading goes on for ever.
            stop_at_end: End at the end that the log has now; the same as ``end="end"``.
            isolation: ``read_uncommitted`` gives records of open and aborted transactions too.

        Raises:
            UnknownTopicError: A topic does not exist, or a pattern matches nothing.
            WindowError: A bound cannot be read.
        """
        from workbench.session.following import follow_records

        log = self._connection.require_open().log
        return follow_records(log, topics, start=start, end=end, stop_at_end=stop_at_end, isolation=isolation)

    async def capture(
        self,
        topics: TopicsLike,
        *,
        into: str | os.PathLike[str] | Snapshot,
        start: BoundLike = "start",
        end: BoundLike | None = None,
        isolation: Isolation = "read_committed",
        follow: bool = False,
        limit: int | None = None,
        conventions: Mapping[str, Mapping[str, Any]] | None = None,
        progress: Callable[[Progress], None] | bool | None = None,
    ) -> Snapshot:
        """Capture topics into a snapshot: a bounded window, its ends frozen now; or ``follow=True`` until interrupted.

        Capturing again into the same file first finishes unfinished windows and then adds only what is new.
        Interrupting the cell cancels; what was stored stays.

        Args:
            topics: What to capture.
            into: The snapshot's file, made when absent; or an open snapshot.
            start: First bound of the window (``"-15m"``, ``1200``, ``"group:billing"``, …).
            end: Exclusive last bound; now unless told.
            isolation: As the reader's; one per topic and file.
            follow: Go on with new records after the window.
            limit: Stop after this many records.
            conventions: Own envelope conventions by name, besides those of ``workbench.toml``.
            progress: A listener; True (the default in a notebook) shows it, False does not.

        Raises:
            UnknownTopicError: A topic does not exist, or a pattern matches nothing.
            WindowError: A bound cannot be read.
            SnapshotLockedError: Another process writes the file.
            StorageFullError: The disk is full; what was committed before is intact.
        """
        from workbench.session.capturing import capture

        return await capture(
            self._connection.require_open(),
            topics,
            into=into,
            start=start,
            end=end,
            isolation=isolation,
            follow=follow,
            limit=limit,
            conventions=conventions,
            progress=progress,
        )

    async def lag(self, groups: str = "*", *, topics: str = "*") -> LagResult:
        """Sample the lag of consumer groups once, of both protocols; joins none.

        Args:
            groups: Shell pattern of group ids.
            topics: Shell pattern of topics.
        """
        from workbench.lag import LagResult
        from workbench.lag.sampler import LagSampler

        log = self._connection.require_open().log
        return LagResult([await LagSampler(log, groups=groups, topics=topics).round()])

    def watch_lag(
        self,
        groups: str = "*",
        *,
        topics: str = "*",
        interval_s: float = 10.0,
        record: str | os.PathLike[str] | Snapshot | None = None,
    ) -> LagPanel:
        """Watch the lag of consumer groups live: a chart and a table that sample every ``interval_s`` seconds.

        Args:
            groups: Shell pattern of group ids.
            topics: Shell pattern of topics.
            interval_s: Seconds from one sample to the next.
            record: Store each sample in this snapshot, too: an open one, or a file, which stays open for writing until
                the cluster is closed. `Snapshot.lag` reads the samples back.

        Raises:
            SnapshotLockedError: Another process, or this one, has the file open for writing.
        """
        from workbench.session.lag_watching import watch_lag

        return watch_lag(self._connection.require_open(), groups, topics=topics, interval_s=interval_s, record=record)

    async def record_lag(
        self,
        into: str | os.PathLike[str] | Snapshot,
        groups: str = "*",
        *,
        topics: str = "*",
        interval_s: float = 10.0,
        duration: str | timedelta | None = None,
        progress: Callable[[str], None] | None = None,
    ) -> LagResult:
        """Store samples of lag in a snapshot: until cancelled, or for a time.

        Args:
            into: An open snapshot, or a file, made when absent.
            groups: Shell pattern of group ids.
            topics: Shell pattern of topics.
            interval_s: Seconds from one sample to the next.
            duration: How long: ``"15m"`` (units ms s m h d) or a timedelta; until cancelled unless told.
            progress: Called with a line after each sample.

        Returns:
            The samples taken, at most those of the last 360 rounds; the snapshot holds all.

        Raises:
            WindowError: The duration cannot be read.
            SnapshotLockedError: Another process writes the file.
        """
        from workbench.session.lag_watching import record_lag

        return await record_lag(
            self._connection.require_open(),
            into,
            groups,
            topics=topics,
            interval_s=interval_s,
            duration=duration,
            progress=progress,
        )

    async def plan(self, draft: Draft, to: str | Mapping[str, str] | None = None, **options: Any) -> Plan:
        """Plan a replay of a draft to this cluster: target facts, counts, warnings, refusals. Nothing is sent.

        Args:
            draft: What `Snapshot.replay` made.
            to: Target topic, which must exist; a mapping of source to target; without it topics named
                ``{topic}.replay.{8 hex digits}`` are created by the run.
            options: Options of the draft given anew.

        Raises:
            ConfigurationError: An option or target name that cannot be.
        """
        from workbench.session.replaying import plan

        return await plan(self._connection.require_open(), draft, to, **options)

    async def run(
        self,
        plan: Plan,
        *,
        confirm: str | None = None,
        target: str | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> ReplayReport:
        """Run a plan over this connection, journal it, and verify delivery.

        Args:
            plan: What `plan` made, of this cluster.
            confirm: The plan's token; without it the run is refused and the message says the token.
            target: The target's name, typed, where it is protected.
            progress: Called after each batch.

        Raises:
            ReplayRefused: Not confirmed, read-only, or a rule holds; nothing was written.
        """
        from workbench.session.replaying import run

        return await run(self._connection.require_open(), plan, confirm=confirm, target=target, progress=progress)

    def panel(self, plan: Plan) -> ReplayPanel:
        """Show a plan with a field for its token and a button that ends in `run`; ``.report`` is there later."""
        from workbench.session.replaying import panel

        return panel(self._connection, plan)

    def contract_bus(self, *, environment: str = "dev", topic_prefix: str = "onex", **options: Any) -> EventBus:
        """Make the contract's event bus over the same address; use it with ``async with``.

        It publishes and uses consumer groups as its caller says; read-only on a read-only connection.
        """
        from workbench.eventbus import EventBus
        from workbench.session.logs import log_of

        options.setdefault("create_missing", self.profile.development and self.writable)
        return EventBus(
            log_of(self.profile),
            environment=environment,
            topic_prefix=topic_prefix,
            read_only=not self.writable,
            **options,
        )

    def _provenance(self) -> dict[str, Any]:
        return {
            "cluster_id": self.cluster_id,
            "address": self.address,
            "asked_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }

    def _facts(self) -> list[tuple[str, str]]:
        return [
            ("address", visible(self.address, 200)),
            ("cluster id", self.cluster_id or "not connected yet"),
            ("access", f"may write: {visible(self.reason, 200)}" if self.writable else "read-only"),
            ("kind", _kind(self.profile)),
            ("state", self._connection.state),
            ("tasks", ", ".join(visible(name, 60) for name in self.tasks.running) or "none"),
            *([("failures", str(len(self.tasks.failures)))] if self.tasks.failures else []),
        ]

    def __repr__(self) -> str:
        access = "writable" if self.writable else "read-only"
        return f"<Cluster {visible(self.name, 80)} {access} {self._connection.state}>"

    def _repr_html_(self) -> str:
        return fragment(element("h4", f"Cluster {visible(self.name, 80)}"), facts(self._facts())).render()


def _kind(profile: Profile) -> str:
    if profile.protected:
        return "protected: a replay wants the target's name typed"
    return "development" if profile.development else "not marked as development"
