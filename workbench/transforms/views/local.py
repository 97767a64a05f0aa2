"""Runs views in this process: a task follows each partition of the source and writes the output topics."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.bus.new_partitions import METADATA_S, spans_of_new_partitions
from workbench.bus.refusals import unknown_topic
from workbench.errors import TransformError, WorkbenchError
from workbench.model import TopicPartition
from workbench.transforms.limits import Limits
from workbench.transforms.views.following import PartitionFollower
from workbench.transforms.views.state import ViewLine, ViewPartition, ViewStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.bus.protocols import RecordLog
    from workbench.model.topics import TopicInfo
    from workbench.tasks import Supervisor
    from workbench.transforms.guest.module import TransformModule
    from workbench.transforms.spec import TransformSpec

GROUP_PREFIX = "workbench-transform."
"""Group ids under which local views keep how far they came; such a group has no members."""


@dataclass(slots=True)
class _LocalView:
    spec: TransformSpec
    module: TransformModule
    paused: bool = False
    followers: list[PartitionFollower] = field(default_factory=list)
    output_partitions: dict[str, int] = field(default_factory=dict)


class LocalExecutor:
    """Runs transforms over a record log that may be written. They end with their supervisor, and resume by name."""

    kind = "local"

    def __init__(self, log: RecordLog, tasks: Supervisor, *, limits: Limits | None = None) -> None:
        self._log = log
        self._tasks = tasks
        self._limits = limits or Limits()
        self._views: dict[str, _LocalView] = {}

    async def deploy(self, spec: TransformSpec, module: TransformModule) -> None:
        if spec.name in self._views:
            await self._stop(self._views[spec.name])
        view = _LocalView(spec, module)
        await self._start(view)
        self._views[spec.name] = view

    async def statuses(self) -> list[ViewStatus]:
        found = []
        for view in list(self._views.values()):
            followers = list(view.followers)
            ends = await self._log.offsets([one.source for one in followers], "latest")
            partitions = tuple(
                ViewPartition(
                    one.source.partition,
                    "inactive" if view.paused else one.status,
                    None if (end := ends[one.source]) is None else max(0, end - one.position),
                    one.reason,
                )
                for one in followers
            )
            spec = view.spec
            found.append(
                ViewStatus(spec.name, spec.input_topic, spec.output_topics, self.kind, partitions, spec.environment)
            )
        return found

    async def pause(self, name: str) -> None:
        view = self._known(name)
        if not view.paused:
            view.paused = True
            await self._stop(view)

    async def resume(self, name: str) -> None:
        view = self._known(name)
        if view.paused:
            await self._start(view)
            view.paused = False

    async def delete(self, name: str) -> None:
        view = self._views.pop(name, None)
        if view is not None:
            await self._stop(view)
            # A group cannot be deleted through a record log: the next view of this name begins at the start.
            begins = await self._log.offsets([one.source for one in view.followers], "earliest")
            offsets = {source: begin for source, begin in begins.items() if begin is not None}
            await self._log.commit_offsets(_group(name), offsets)

    async def last_lines(self, name: str) -> list[ViewLine]:
        view = self._views.get(name)
        return [] if view is None else [line for one in view.followers for line in one.lines]

    def _known(self, name: str) -> _LocalView:
        view = self._views.get(name)
        if view is None:
            raise TransformError(f"No transform {name!r} runs in this process.", name=name, stage="update")
        return view

    async def _start(self, view: _LocalView) -> None:
        infos = await self._described(view)
        spec = view.spec
        for topic in (spec.input_topic, *spec.output_topics):
            if topic not in infos:
                raise unknown_topic(topic, await self._log.topic_names(), self._log.address)
        view.followers = []
        await self._follow(view, _partitions(infos[spec.input_topic]))
        await self._tasks.start(_watch_task(spec.name), self._watch(view))

    async def _described(self, view: _LocalView) -> dict[str, TopicInfo]:
        """Describe the topics of a view, and note how many partitions its outputs have."""
        spec = view.spec
        infos = {info.name: info for info in await self._log.describe([spec.input_topic, *spec.output_topics])}
        # The followers hold this mapping: they write to partitions that were added as a broker does.
        view.output_partitions |= {
            topic: len(infos[topic].partitions) for topic in spec.output_topics if topic in infos
        }
        return infos

    async def _follow(self, view: _LocalView, sources: Iterable[TopicPartition]) -> None:
        """Follow partitions: from where the view has come to on each, else from its first record."""
        added = list(sources)
        begins = await self._log.offsets(added, "earliest")
        committed = await self._log.committed(_group(view.spec.name))
        for source in added:
            one = PartitionFollower(
                self._log,
                view.module,
                view.spec,
                source,
                group_id=_group(view.spec.name),
                output_partitions=view.output_partitions,
                limits=self._limits,
            )
            view.followers.append(one)
            known = committed.get(source)
            start = max(begins[source] or 0, known.offset if known is not None else 0)
            await self._tasks.start(_task(view.spec.name, source), one.run(start))

    async def _watch(self, view: _LocalView) -> None:
        """Take up the partitions that the source gets."""
        while True:
            await asyncio.sleep(METADATA_S)
            try:
                infos = await self._described(view)
                topics = [infos[name] for name in (view.spec.input_topic,) if name in infos]
                known = [one.source for one in view.followers]
                spans = await spans_of_new_partitions(self._log, topics, known)
                await self._follow(view, [TopicPartition(span.topic, span.partition) for span in spans])
            except WorkbenchError:
                continue  # the followers meet the same fault, and their state says it

    async def _stop(self, view: _LocalView) -> None:
        await self._tasks.stop(_watch_task(view.spec.name))
        for one in view.followers:
            await self._tasks.stop(_task(view.spec.name, one.source))


def _partitions(info: TopicInfo) -> list[TopicPartition]:
    return [TopicPartition(info.name, one.partition) for one in info.partitions]


def _group(name: str) -> str:
    return f"{GROUP_PREFIX}{name}"


def _task(name: str, source: TopicPartition) -> str:
    return f"transform {name} of {source}"


def _watch_task(name: str) -> str:
    return f"transform {name}: new partitions"
