"""Defines `Cluster`, one connection to an event bus. Each method calls the module that does the work."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.session.acting import HasActs
from workbench.session.exploring import HasExplorer
from workbench.session.masked_connection import masked_connection
from workbench.session.proxying import HasHttpProxy
from workbench.session.reading import ReadsTopics
from workbench.session.transforming import HasTransforms
from workbench.text import element, facts, output_html, visible

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta
    from typing import Self

    import pandas as pd

    from workbench.bus.protocols import RecordLog
    from workbench.config import Profile
    from workbench.eventbus import EventBus
    from workbench.lag import LagResult
    from workbench.live.search.result import SearchResult
    from workbench.model import Isolation
    from workbench.model.feeds import Progress
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.model.selecting.window import BoundLike
    from workbench.replay import Draft, Plan, ReplayReport, RunControl
    from workbench.session.schemas.of_cluster import ClusterSchemas
    from workbench.session.snapshot import Snapshot
    from workbench.tasks import Supervisor
    from workbench.widgets import LagPanel, LiveTail, ReplayPanel


class Cluster(ReadsTopics, HasExplorer, HasActs, HasTransforms, HasHttpProxy):
    """Connects to an event bus, read-only unless it was opened for writing.

    Made by `workbench.connect` and `workbench.demo`. It owns the background tasks that it starts (tails, captures, lag
    watches): they run on after the cell has ended, until the cluster is closed. ``async with`` closes it.
    """

    def __init__(self, profile: Profile, log: RecordLog, *, write: bool = False, reason: str | None = None) -> None:
        self._connection = masked_connection(profile, log, writable=write, reason=reason or "")

    @property
    def profile(self) -> Profile:
        """The address and settings that it was opened with."""
        return self._connection.profile

    @property
    def address(self) -> str:
        """The address, without secrets."""
        return str(self.profile.address)

    @property
    def cluster_id(self) -> str:
        """The cluster id that the broker reports."""
        return self._connection.log.cluster_id

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
    def protected(self) -> bool:
        """Whether a replay to it wants the name of the target typed."""
        return self._connection.protected

    @property
    def tasks(self) -> Supervisor:
        """Background tasks of this cluster; ``tasks.failures`` lists those that failed."""
        return self._connection.tasks

    @property
    def log(self) -> RecordLog:
        """The record log of the connection, for exact reads and writes that this class does not offer.

        That of a read-only connection refuses to write records, change topics or offsets, or join a group.
        """
        return self._connection.require_open().log

    @property
    def schemas(self) -> ClusterSchemas:
        """The schema registry of the cluster: subjects, versions, compatibility; its methods are awaited."""
        from workbench.session.schemas.of_cluster import ClusterSchemas

        return ClusterSchemas(self._connection)

    async def __aenter__(self) -> Self:
        await self._connection.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End all tasks of this cluster and disconnect. Idempotent."""
        await self._connection.aclose()

    async def topics(self, selection: TopicsLike = "*") -> pd.DataFrame:
        """Describe topics: offsets, an upper bound of the records, rate, groups, retention, bytes, settings, replicas.

        Args:
            selection: Name, list, shell pattern or regular expression. A pattern never matches internal topics.

        Raises:
            UnknownTopicError: A name does not exist (similar ones are named), or a pattern matches nothing.
        """
        from workbench.session.frames import topics_frame

        return topics_frame(await self.topic_rows(selection), provenance=self._provenance())

    async def partitions(self, selection: TopicsLike = "*") -> pd.DataFrame:
        """Describe partitions: leader, replicas, in-sync replicas, log start and end, bytes on the leader's disk.

        Args:
            selection: Name, list, shell pattern or regular expression of topics.

        Raises:
            UnknownTopicError: A name does not exist, or a pattern matches nothing.
        """
        from workbench.session.frames import partitions_frame

        return partitions_frame(await self.partition_rows(selection), provenance=self._provenance())

    async def topic_rows(self, selection: TopicsLike = "*", *, rates: bool = True) -> list[dict[str, Any]]:
        """Describe topics like `topics`, as a list of dictionaries; a rate takes three more questions."""
        from workbench.bus.topic_rows import topic_rows
        from workbench.model.selecting.topic_selection import parse_topics

        return await topic_rows(self.log, parse_topics(selection), rates=rates)

    async def partition_rows(self, selection: TopicsLike = "*") -> list[dict[str, Any]]:
        """Describe partitions like `partitions`, as a list of dictionaries."""
        from workbench.bus.topic_rows import partition_rows
        from workbench.model.selecting.topic_selection import parse_topics

        return await partition_rows(self.log, parse_topics(selection))

    def tail(
        self,
        topics: TopicsLike = "*",
        *,
        start: BoundLike = "end",
        isolation: Isolation = "read_committed",
        limit_rows: int = 50_000,
        **options: Any,
    ) -> LiveTail:
        """Follow topics in a live table, without a consumer group. Write it as the last line of a cell to show it.

        Args:
            topics: Topics to follow.
            start: Where to begin; by default at the end.
            isolation: ``read_uncommitted`` also shows records of open and aborted transactions.
            limit_rows: Rows kept; older ones are dropped, and their number is shown.
            options: ``name``, ``via="proxy"`` (through Redpanda's HTTP proxy: no headers, no times, uncommitted), and
                traits of the table: ``height``, ``follow``, ``filter``.

        Running its cell again ends the former table; where no cell is known, one of the same name. All tables share
        ``tail_memory_mb`` of ``workbench.toml`` (``WORKBENCH_TAIL_MEMORY_MB``), 512 by default.
        """
        from workbench.session.watching.tailing import tail

        return tail(
            self._connection.require_open(), topics, start=start, isolation=isolation, limit_rows=limit_rows, **options
        )

    async def capture(
        self,
        topics: TopicsLike | SearchResult,
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
        """Capture topics into a snapshot: from ``start`` to the present end of each partition; or ``follow=True``.

        A second capture into the same file first finishes windows that were interrupted, then adds only new records.
        Interrupting the cell stops the capture; records that were stored stay.

        Args:
            topics: Topics to capture; or the result of `search`, whose records are stored, exactly those.
            into: The snapshot file, created if it does not exist; or an open snapshot.
            start: First bound of the window (``"-15m"``, ``1200``, ``"group:billing"``, …).
            end: Where to stop, exclusive; by default the end of each partition now.
            isolation: Isolation level of the reads; one for each topic in a file.
            follow: Continue with new records after the window, until interrupted, and with topics that begin to match.
            limit: Stop after this many records.
            conventions: Additional envelope conventions by name, besides those of ``workbench.toml``.
            progress: A function that receives the progress, or whether to show it (the default in a notebook).

        Raises:
            UnknownTopicError: A topic does not exist, or a pattern matches nothing.
            WindowError: ``start`` or ``end`` is not a valid bound.
            SnapshotLockedError: Another process has the file open for writing.
            StorageFullError: The disk is full; records stored before are intact.
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
        """Sample the lag of consumer groups once. Works for the classic and the new group protocol and joins no group.

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
            record: Also store each sample in this snapshot: an open one, or a file, which stays open for writing until
                the watch ends or the cluster is closed. `Snapshot.lag` reads the samples.

        Raises:
            SnapshotLockedError: Another process, or this one, has the file open for writing.
        """
        from workbench.session.watching.lag_watching import watch_lag

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
        """Sample the lag of consumer groups repeatedly and store the samples in a snapshot.

        Args:
            into: An open snapshot, or a file, created if it does not exist.
            groups: Shell pattern of group ids.
            topics: Shell pattern of topics.
            interval_s: Seconds from one sample to the next.
            duration: How long: ``"15m"`` (units ms s m h d) or a timedelta; by default until cancelled.
            progress: Called with a line of text after each sample.

        Returns:
            The samples taken, at most those of the last 360 rounds; the snapshot holds all.

        Raises:
            WindowError: The duration is not valid.
            SnapshotLockedError: Another process has the file open for writing.
        """
        from workbench.session.watching.lag_watching import record_lag

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
        """Plan a replay of a draft to this cluster: target, counts, warnings, refusals. Nothing is sent.

        Args:
            draft: The draft that `Snapshot.replay` returned.
            to: Target topic, which must exist; a mapping of source to target; without it topics named
                ``{topic}.replay.{8 hex digits}`` are created by the run.
            options: Options that replace those of the draft.

        Raises:
            ConfigurationError: An option or the name of the target is not valid.
        """
        from workbench.session.replaying import plan

        return await plan(self._connection.require_open(), draft, to, **options)

    async def run(
        self,
        plan: Plan,
        *,
        confirm: str | None = None,
        target: str | Sequence[str] | None = None,
        progress: Callable[[Progress], None] | None = None,
        control: RunControl | None = None,
    ) -> ReplayReport:
        """Send the records of a plan over this connection, write the journal, and verify delivery.

        Args:
            plan: The plan that `plan` returned for this cluster.
            confirm: The token of the plan; without it the run is refused, and the message contains the token.
            target: The name of the target topic; required if the cluster is protected. Several: a list, or with commas.
            progress: Called after each batch.
            control: A `workbench.replay.RunControl`, to pause, resume and cancel the run.

        Raises:
            ReplayRefused: The token is missing or wrong, the connection is read-only, or a replay rule refuses the
                plan; nothing was sent.
        """
        from workbench.session.replaying import run

        opened = self._connection.require_open()
        return await run(opened, plan, confirm=confirm, target=target, progress=progress, control=control)

    def panel(self, plan: Plan) -> ReplayPanel:
        """Show a plan with a field for its token and a button that calls `run`; then ``.report`` holds the report."""
        from workbench.session.replaying import panel

        return panel(self._connection.require_open(), plan)

    def contract_bus(self, *, environment: str = "dev", topic_prefix: str = "onex", **options: Any) -> EventBus:
        """Make the event bus of the contract over the same address; use it with ``async with``.

        It can publish and join consumer groups. On a read-only connection it is read-only, too.
        """
        from workbench.bus.profiles import log_of
        from workbench.eventbus import EventBus

        self._connection.require_open()
        options.setdefault("create_missing", self.profile.development and self.writable)
        log, read_only = log_of(self.profile), not self.writable
        return EventBus(log, environment=environment, topic_prefix=topic_prefix, read_only=read_only, **options)

    def _provenance(self) -> dict[str, Any]:
        return {
            "cluster_id": self.cluster_id,
            "address": self.address,
            "asked_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }

    def _facts(self) -> list[tuple[str, str]]:
        registry = self.profile.schema_registry
        return [
            ("address", visible(self.address, 200)),
            ("cluster id", self.cluster_id or "not connected yet"),
            ("access", f"may write: {visible(self.reason, 200)}" if self.writable else "read-only"),
            ("kind", self._connection.kind),
            *([("schema registry", visible(registry.name, 200))] if registry is not None else []),
            ("state", self._connection.state),
            ("tasks", ", ".join(visible(name, 60) for name in self.tasks.running) or "none"),
            *([("failures", str(len(self.tasks.failures)))] if self.tasks.failures else []),
        ]

    def __repr__(self) -> str:
        access = "writable" if self.writable else "read-only"
        return f"<Cluster {visible(self.name, 80)} {access} {self._connection.state}>"

    def _repr_html_(self) -> str:
        return output_html(element("h4", f"Cluster {visible(self.name, 80)}"), facts(self._facts()))
