"""Creates, watches and deletes materialized views, wherever they run."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.bus.refusals import unknown_topic
from workbench.errors import TopicExistsError, TransformError
from workbench.model import TopicPartition
from workbench.text import counted, duration_text, visible
from workbench.transforms.guest.module import read_module
from workbench.transforms.spec import TransformSpec
from workbench.transforms.views.state import DIGEST_VARIABLE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.model.audit import AuditSink
    from workbench.model.topics import TopicInfo
    from workbench.transforms.guest.module import ModuleLike, TransformModule
    from workbench.transforms.views.state import Executor, ViewLine, ViewStatus

ExecutorName: TypeAlias = Literal["auto", "broker", "local"]

START_S = 30.0
"""Seconds that a view may take until it runs on every partition."""
POLL_S = 0.5
"""Seconds between two questions about the state of a view."""
_SHOWN_LINES = 5


class Views:
    """The views of one cluster.

    Args:
        log: The cluster; to create and delete, it has to be one that may be written.
        executors: Where transforms can run, by kind.
        auto: The kind that is meant where none is named; None where one has to be.
        audit: Gets two rows for each change: that it begins, and how it ended.
        reason: Why; for the audit.
        hides: Tells whether records of a topic are masked; the log of a transform that reads it is not shown then,
            because its lines may hold anything of the records.
    """

    def __init__(
        self,
        log: RecordLog,
        executors: Mapping[str, Executor],
        *,
        auto: str | None = None,
        audit: AuditSink | None = None,
        reason: str = "",
        hides: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._hides = hides
        self._log = log
        self._executors = dict(executors)
        self._auto = auto
        self._audit = audit
        self._reason = reason

    async def create(
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
        timeout_s: float = START_S,
    ) -> bool:
        """Create a view, or find it there already; see `workbench.session.transforming.ClusterTransforms`."""
        # In a thread: it may be downloaded, and a large one takes a while to compile.
        module = await asyncio.to_thread(read_module, transform_function)
        variables = {**(environment or {}), DIGEST_VARIABLE: module.digest}
        spec = TransformSpec(
            name=view_name, input_topic=source_topic, output_topics=(view_name,), environment=variables
        )
        spec.check()
        chosen = self._executor(executor, view_name)
        source = await self._source(source_topic, view_name)
        known = next((one for one in await chosen.statuses() if one.name == view_name), None)
        target = await self._target(source, view_name, known)
        same = known is not None and _is_same(known, spec, replace=replace or reprocess)
        if dry_run:
            return False
        async with self._audited("view.create", view_name, module):
            if target is None:
                await self._create_topic(source, view_name)
            if reprocess and known is not None:
                await chosen.delete(view_name)
            if reprocess or not same:
                await chosen.deploy(spec, module)
            await self._started(chosen, view_name, len(source.partitions), rollback=rollback, timeout_s=timeout_s)
        return True

    async def status(self, name: str) -> ViewStatus:
        """Return the state of a view.

        Raises:
            TransformError: There is none of that name.
        """
        return (await self._found(name))[1]

    async def statuses(self) -> list[ViewStatus]:
        """Return the state of every transform, sorted by name."""
        found = [one for executor in self._executors.values() for one in await executor.statuses()]
        return sorted(found, key=lambda one: one.name)

    async def wait(self, name: str, *, timeout_s: float) -> ViewStatus:
        """Wait until a view has transformed every record that its source has now.

        Raises:
            TransformError: There is none of that name, it has failed, or it takes longer.
        """
        executor, status = await self._found(name)
        sources = await self._partitions(status.source_topic)
        wanted = await self._log.offsets(sources, "latest")
        deadline = time.monotonic() + timeout_s
        while True:
            # The end is asked for before the lag: their difference is never above the position.
            ends = await self._log.offsets(sources, "latest")
            status = await self._status(executor, name)
            if status.errored:
                raise await self._failure(executor, status, "wait")
            lags = status.lags
            behind = [
                where
                for where in sources
                if (lag := lags.get(where.partition)) is None or (ends[where] or 0) - lag < (wanted[where] or 0)
            ]
            if not behind:
                return status
            if time.monotonic() >= deadline:
                raise TransformError(
                    f"View {visible(name, 80)} has not come to the end of its source within "
                    f"{duration_text(timeout_s, 's')}: {counted(len(behind), 'partition')} behind. Wait longer, or "
                    "look at view_status.",
                    name=name,
                    stage="wait",
                )
            await asyncio.sleep(POLL_S)

    async def delete(self, name: str, *, delete_topic: bool = False) -> None:
        """Delete a view; its topic stays unless asked. None of that name is no error."""
        found = [
            (executor, one)
            for executor in self._executors.values()
            for one in await executor.statuses()
            if one.name == name
        ]
        async with self._audited("view.delete", name, None):
            for executor, _ in found:
                await executor.delete(name)
            if delete_topic:
                await self._log.delete_topic(name)

    async def pause(self, name: str) -> None:
        """Pause a view.

        Raises:
            TransformError: There is none of that name.
        """
        executor, _ = await self._found(name)
        async with self._audited("view.pause", name, None):
            await executor.pause(name)

    async def resume(self, name: str) -> None:
        """Let a paused view run again.

        Raises:
            TransformError: There is none of that name.
        """
        executor, _ = await self._found(name)
        async with self._audited("view.resume", name, None):
            await executor.resume(name)

    async def last_lines(self, name: str) -> list[ViewLine]:
        """Return the last lines of the log of a view, oldest first.

        Raises:
            TransformError: There is none of that name.
        """
        return await self._lines(*await self._found(name))

    async def _lines(self, executor: Executor, status: ViewStatus) -> list[ViewLine]:
        return [] if self._hides(status.source_topic) else await executor.last_lines(status.name)

    def _executor(self, wanted: ExecutorName, view_name: str) -> Executor:
        kind = self._auto if wanted == "auto" else wanted
        found = self._executors.get(kind) if kind is not None else None
        if found is None:
            raise TransformError(
                f"View {visible(view_name, 80)} was not created: this cluster has no Admin API that runs it. Set "
                "admin_url in the profile of a Redpanda cluster; or run it in this process with executor='local'; or "
                "over captured records: snap.transform(…).",
                name=view_name,
                stage="check",
            )
        return found

    async def _found(self, name: str) -> tuple[Executor, ViewStatus]:
        for executor in self._executors.values():
            for one in await executor.statuses():
                if one.name == name:
                    return executor, one
        raise TransformError(f"There is no view {visible(name, 80)!r}.", name=name, stage="status")

    async def _status(self, executor: Executor, name: str) -> ViewStatus:
        found = next((one for one in await executor.statuses() if one.name == name), None)
        if found is None:
            raise TransformError(f"View {visible(name, 80)!r} is gone.", name=name, stage="status")
        return found

    async def _source(self, topic: str, view_name: str) -> TopicInfo:
        infos = await self._log.describe([topic])
        if not infos:
            raise unknown_topic(topic, await self._log.topic_names(), self._log.address)
        if infos[0].internal:
            raise TransformError(
                f"View {visible(view_name, 80)} was not created: {topic} is an internal topic.",
                name=view_name,
                stage="check",
            )
        return infos[0]

    async def _target(self, source: TopicInfo, view_name: str, known: ViewStatus | None) -> TopicInfo | None:
        infos = await self._log.describe([view_name])
        if not infos:
            return None
        have, wanted = len(infos[0].partitions), len(source.partitions)
        # The source of a view that runs already may have got more partitions meanwhile.
        if have != wanted and (known is None or view_name not in known.output_topics):
            raise TopicExistsError(
                f"Topic {view_name} exists with {counted(have, 'partition')}, and {source.name} has {wanted}: a view "
                "needs as many as its source. Choose another name, add partitions to it, or delete it.",
                topic=view_name,
                difference={"partitions": (have, wanted)},
            )
        return infos[0]

    async def _partitions(self, topic: str) -> list[TopicPartition]:
        infos = await self._log.describe([topic])
        if not infos:
            raise unknown_topic(topic, await self._log.topic_names(), self._log.address)
        return [TopicPartition(topic, one.partition) for one in infos[0].partitions]

    async def _create_topic(self, source: TopicInfo, name: str) -> None:
        replicas = max((len(one.replicas) for one in source.partitions), default=1)
        await self._log.create_topic(name, partitions=len(source.partitions), replication_factor=max(replicas, 1))

    async def _started(
        self, executor: Executor, name: str, partitions: int, *, rollback: bool, timeout_s: float
    ) -> None:
        deadline = time.monotonic() + timeout_s
        while True:
            status = await self._status(executor, name)
            if status.errored:
                error = await self._failure(executor, status, "start")
                await (executor.delete(name) if rollback else executor.pause(name))
                raise error
            if status.running and len(status.lags) >= partitions:
                return
            if time.monotonic() >= deadline:
                states = ", ".join(sorted({one.status for one in status.partitions})) or "no partition is named"
                raise TransformError(
                    f"View {visible(name, 80)} was deployed, and does not run on every partition after "
                    f"{duration_text(timeout_s, 's')} ({states}). Look at view_status.",
                    name=name,
                    stage="start",
                )
            await asyncio.sleep(POLL_S)

    async def _failure(self, executor: Executor, status: ViewStatus, stage: str) -> TransformError:
        reasons = sorted({one.reason for one in status.partitions if one.reason})
        lines = [line.text for line in (await self._lines(executor, status))[-_SHOWN_LINES:]]
        said = "".join(f" | {visible(line, 200)}" for line in (*reasons, *lines))
        return TransformError(f"View {visible(status.name, 80)} has failed{said or '.'}", name=status.name, stage=stage)

    @asynccontextmanager
    async def _audited(self, action: str, name: str, module: TransformModule | None) -> AsyncIterator[None]:
        """Run one change between two rows of the audit; without the first one nothing is changed."""
        facts: dict[str, Any] = {"cluster": self._log.cluster_id, "topic": name}
        if module is not None:
            facts["sha256"] = module.digest
        await self._enter(action, "begun", facts)
        try:
            yield
        except BaseException as error:
            await asyncio.shield(self._enter(action, f"failed: {type(error).__name__}", facts))
            raise
        await asyncio.shield(self._enter(action, "done", facts))

    async def _enter(self, action: str, result: str, facts: dict[str, Any]) -> None:
        if self._audit is not None:
            await self._audit.audit(action, reason=self._reason, result=result, **facts)


def _is_same(known: ViewStatus, spec: TransformSpec, *, replace: bool) -> bool:
    """Tell whether a deployed transform is the one that is asked for.

    Raises:
        TransformError: It is another one, and may not be replaced.
    """
    name = visible(known.name, 80)
    if (known.source_topic, known.output_topics) != (spec.input_topic, spec.output_topics):
        raise TransformError(
            f"A transform {name} exists, from {visible(known.source_topic, 80)}. Its topics cannot be changed: choose "
            "another name, or delete it first.",
            name=known.name,
            stage="check",
        )
    if dict(known.environment) == dict(spec.environment):
        return True
    if not replace:
        what = "other variables" if known.digest == spec.environment[DIGEST_VARIABLE] else "another module"
        raise TransformError(
            f"A transform {name} exists with {what}. Give replace=True (--replace) to change it; reprocess=True "
            "(--reprocess) to delete it first: all records are transformed again, and its topic has them twice.",
            name=known.name,
            stage="check",
        )
    return False
