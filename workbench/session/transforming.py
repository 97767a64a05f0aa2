"""The data transforms of a cluster: views, their state and their log."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import asynccontextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from workbench.config.folders import config_folder
from workbench.errors import ConfigurationError, ReplayRefused

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from workbench.model.audit import AuditSink
    from workbench.session.connection.cluster_connection import ClusterConnection
    from workbench.transforms.guest.module import ModuleLike
    from workbench.transforms.views.state import ViewLine, ViewStatus
    from workbench.transforms.views.views import ExecutorName, Views
    from workbench.widgets import ViewPanel


FILE_NAME = "transforms.journal.duckdb"


class HasTransforms:
    """Gives `workbench.Cluster`, which inherits it, its `transforms`."""

    _connection: ClusterConnection

    @cached_property
    def transforms(self) -> ClusterTransforms:
        """Data transforms (WebAssembly) and the views that they fill, on a Redpanda broker or from this process."""
        return ClusterTransforms(self._connection)


class ClusterTransforms:
    """Creates, watches and deletes materialized views: topics that a data transform fills from another topic.

    A view runs on the brokers of a Redpanda cluster (``admin_url`` of its profile), or in this process until the
    connection is closed: so on an embedded cluster, and on Kafka with ``executor="local"``. Topics have their physical
    names. Changing anything needs ``write=True``, and writes two rows of the audit: into
    the file that `audit_file` names, unless another one is given.
    """

    def __init__(self, connection: ClusterConnection) -> None:
        self._connection = connection

    def __repr__(self) -> str:
        return f"<ClusterTransforms of {self._connection.name}>"

    async def create_materialized_view(
        self,
        view_name: str,
        source_topic: str,
        transform_function: ModuleLike,
        *,
        executor: ExecutorName = "auto",
        environment: Mapping[str, str] | None = None,
        replace: bool = False,
        reprocess: bool = False,
        rollback: bool = False,
        dry_run: bool = False,
        target: str | None = None,
        audit: AuditSink | None = None,
        timeout_s: float = 30.0,
    ) -> bool:
        """Create a view and wait until it runs on every partition of its source; or find it there already.

        Args:
            view_name: Name of the view, of its transform and of its topic, which is created with as many partitions as
                the source has; an existing one with as many is used.
            source_topic: The topic whose records it transforms, from the first one.
            transform_function: The module: a path or ``file:`` URL of a ``.wasm`` or ``.wat`` file, or ``sample:mask``.
            executor: ``broker``, ``local``, or what the cluster offers.
            environment: Variables of the transform.
            replace: Change the module or the variables of a view that exists.
            reprocess: Delete it first, so that all records are transformed again; its topic has them twice then.
            rollback: Delete the transform again if it fails at the start; otherwise it is paused.
            dry_run: Only check, and return False.
            target: The name of the view, typed; required if the cluster is protected.
            audit: Gets the rows of the audit, such as a `workbench.EventStore`; by default a file of the user.
            timeout_s: Seconds that it may take until it runs.

        Returns:
            True once it runs on every partition; False from a dry run.

        Raises:
            TransformError: The module is refused, another view has this name, or it failed; with its last log lines.
            TopicExistsError: The topic exists with another number of partitions.
            UnknownTopicError: The source does not exist.
            ConfigurationError: The connection is read-only.
            ReplayRefused: The cluster is protected, and ``target`` is not the view.
        """
        if not dry_run:
            self._check_writable(view_name, target)
        async with self._views(audit) as views:
            return await views.create(
                view_name,
                source_topic,
                transform_function,
                executor=executor,
                environment=environment,
                replace=replace,
                reprocess=reprocess,
                rollback=rollback,
                dry_run=dry_run,
                timeout_s=timeout_s,
            )

    async def views(self) -> list[ViewStatus]:
        """Return the state of every transform of the cluster, and of those that run in this process."""
        async with self._views() as views:
            return await views.statuses()

    async def view_status(self, view_name: str) -> ViewStatus:
        """Return the state and the lag of a view, for each partition.

        Raises:
            TransformError: There is none of that name.
        """
        async with self._views() as views:
            return await views.status(view_name)

    async def wait_for_view(self, view_name: str, *, timeout_s: float = 60.0) -> ViewStatus:
        """Wait until a view has transformed every record that its source has now.

        Raises:
            TransformError: There is none of that name, it has failed, or it takes longer.
        """
        async with self._views() as views:
            return await views.wait(view_name, timeout_s=timeout_s)

    async def delete_materialized_view(
        self,
        view_name: str,
        *,
        delete_topic: bool = False,
        target: str | None = None,
        audit: AuditSink | None = None,
    ) -> None:
        """Delete a view; none of that name is no error.

        Args:
            view_name: Name of the view.
            delete_topic: Delete its topic as well, with all records.
            target: The name of the view, typed; required if the cluster is protected.
            audit: Gets the rows of the audit.

        Raises:
            ConfigurationError: The connection is read-only.
            ReplayRefused: The cluster is protected, and ``target`` is not the view.
        """
        self._check_writable(view_name, target)
        async with self._views(audit) as views:
            await views.delete(view_name, delete_topic=delete_topic)

    async def pause_view(self, view_name: str, *, target: str | None = None, audit: AuditSink | None = None) -> None:
        """Pause a view; see `delete_materialized_view` for the arguments and errors."""
        self._check_writable(view_name, target)
        async with self._views(audit) as views:
            await views.pause(view_name)

    async def resume_view(self, view_name: str, *, target: str | None = None, audit: AuditSink | None = None) -> None:
        """Let a paused view run again; see `delete_materialized_view` for the arguments and errors."""
        self._check_writable(view_name, target)
        async with self._views(audit) as views:
            await views.resume(view_name)

    async def view_log(self, view_name: str) -> list[str]:
        """Return the last lines that the transform of a view has logged. They are the guest's: show them escaped.

        Raises:
            TransformError: There is none of that name.
        """
        async with self._views() as views:
            return [line.text for line in await views.last_lines(view_name)]

    def watch(self, view_name: str, *, interval_s: float = 2.0) -> ViewPanel:
        """Watch a view live: its state and lag on each partition, and the last lines that its transform has logged.

        Args:
            view_name: Name of the view.
            interval_s: Seconds from one answer to the next question.
        """
        from workbench.session.watching.view_watching import watch_view

        async def ask() -> tuple[ViewStatus, Sequence[ViewLine]]:
            async with self._views() as views:
                return await views.status(view_name), await views.last_lines(view_name)

        return watch_view(self._connection.require_open(), view_name, ask, interval_s)

    def _check_writable(self, view_name: str, target: str | None) -> None:
        connection = self._connection.require_open()
        if not connection.writable:
            raise ConfigurationError(
                f"View {view_name} was not changed: the connection to {connection.name} is read-only. Open it with "
                'connect(…, write=True, reason="INC-42").'
            )
        if connection.protected and target != view_name:
            raise ReplayRefused(f"{connection.name} is protected: type the name of the view, target={view_name!r}.")

    @asynccontextmanager
    async def _views(self, audit: AuditSink | None = None) -> AsyncIterator[Views]:
        from workbench.transforms.views.host import ViewHost

        connection = self._connection.require_open()
        if connection.view_host is None:
            embedded = connection.profile.address.scheme == "memory"
            connection.view_host = ViewHost(
                connection.plain_log,
                connection.tasks,
                connection.profile.admin,
                auto_local=embedded,
                hides=connection.hides,
            )
        async with connection.view_host.opened(audit=audit or ViewJournal(), reason=connection.reason) as views:
            yield views


class ViewJournal:
    """Writes the audit of the changes of views, into a file of the user; one object for each change."""

    def __init__(self) -> None:
        self._operation_id = str(uuid.uuid4())

    async def audit(self, action: str, *, who: str = "", reason: str = "", result: str, **details: Any) -> None:
        """Write one row, in a thread."""
        entry = {"who": who, "action": action, "reason": reason, "result": result}
        await asyncio.to_thread(self._write, {**entry, "cluster": details.pop("cluster", None), "details": details})

    def _write(self, entry: dict[str, Any]) -> None:
        from workbench.store.journal import Journal

        path = audit_file()
        path.parent.mkdir(parents=True, exist_ok=True)
        with Journal.open(path) as journal:
            journal.audit(self._operation_id, **entry)


def audit_file() -> Path:
    """Return the file whose table ``audit`` has two rows for each change of a view that this user made."""
    return config_folder() / FILE_NAME
