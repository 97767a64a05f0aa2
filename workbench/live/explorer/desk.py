"""All panes of the explorer over one selection, and the task that keeps the topics fresh while somebody looks."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.config.views import SavedView
from workbench.errors import WorkbenchError
from workbench.live.explorer.acting import ActsPane
from workbench.live.explorer.groups import GroupsPane
from workbench.live.explorer.messages import MessagesPane
from workbench.live.explorer.record import BytesPane, ExplainPane, RecordPane, ValuePane
from workbench.live.explorer.replaying import ReplayPane
from workbench.live.explorer.schemas import SchemasPane
from workbench.live.explorer.searching import SearchPane
from workbench.live.explorer.selection import Selection
from workbench.live.explorer.topic import TopicPane
from workbench.live.explorer.topics import TopicsPane
from workbench.live.explorer.traces import TracesPane
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.live.explanation.explanation import Explanation
    from workbench.live.explorer.explored import ExploredCluster, ExplorerActs
    from workbench.live.explorer.replaying import Planner
    from workbench.model.explorer import ExplorerPane
    from workbench.model.schema_feed import SchemaFeed
    from workbench.tracing.trace import Trace

SAMPLE_S = 2.0
"""Least time between two samples of the ends of all partitions."""
SHARE = 10
"""A sample that takes long waits so many times as long for the next one: a large cluster is not kept busy by a view."""
WHOLE_S = 60.0
"""Time between two readings of all that is known of topics."""


@dataclass(frozen=True, slots=True)
class DeskParts:
    """What a cluster can do beside being read; each is a pane, where it is there.

    Attributes:
        schemas: Reads the schema registry that the cluster names.
        plan_replay: Stores records in a snapshot, plans their replay and shows the panel of the plan.
        acts: The acts of a writable cluster.
    """

    schemas: SchemaFeed | None = None
    plan_replay: Planner | None = None
    acts: ExplorerActs | None = None


class ExplorerDesk:
    """The panes, and what they share. An `ExplorerFeed` of `workbench.model.explorer`.

    Args:
        cluster: What is explored.
        hides: Tells whether records of a topic are masked.
        draw: Draws the causal graph of a trace.
        view: What is selected first, and what the forms hold.
        parts: What the cluster can do beside being read.
    """

    def __init__(
        self,
        cluster: ExploredCluster,
        *,
        hides: Callable[[str], bool] = lambda _: False,
        draw: Callable[[Trace], None] | None = None,
        view: SavedView | None = None,
        parts: DeskParts | None = None,
    ) -> None:
        self.cluster = cluster
        self._view = view
        self._watched = asyncio.Event()
        self._failure = ""
        self.selection = Selection()
        selection = self.selection
        self.topics = TopicsPane(cluster, selection)
        self.topic_pane = TopicPane(cluster, selection)
        self.messages = MessagesPane(cluster, selection, self.view_of)
        self.search = SearchPane(cluster, selection, self.view_of)
        self.groups = GroupsPane(cluster, selection)
        self.explain = ExplainPane(cluster, selection, self._take_explanation)
        self.record_pane = RecordPane(cluster, selection, self._explained, hides)
        self.traces = TracesPane(selection, self.search, self.record_pane.open, draw)
        self._panes: list[ExplorerPane] = [
            self.topics, self.topic_pane, self.messages, self.search, self.groups, self.traces,
        ]  # fmt: skip
        self._panes += _further_panes(self, DeskParts() if parts is None else parts, hides)
        self._details = (self.record_pane, ValuePane(selection), BytesPane(selection), self.explain)

    @property
    def name(self) -> str:
        """What is explored."""
        return f"Explorer of {visible(self.cluster.name, 120)}"

    @property
    def state(self) -> str:
        """How the cluster may be used, and what was not read."""
        access = "may write" if self.cluster.writable else "read-only"
        return f"{access}; {self._failure}" if self._failure else access

    @property
    def panes(self) -> Sequence[ExplorerPane]:
        """The panes about the cluster."""
        return self._panes

    @property
    def details(self) -> Sequence[ExplorerPane]:
        """The panes about the selected record."""
        return self._details

    @property
    def topic(self) -> str:
        """The selected topic."""
        return self.selection.topic

    @property
    def record(self) -> str:
        """Position of the selected record."""
        return self.selection.record

    @property
    def wish(self) -> tuple[int, str]:
        """The pane that should be shown."""
        return self.selection.wish

    async def select_topic(self, topic: str) -> None:
        """Select a topic.

        Raises:
            UnknownTopicError: There is no such topic.
        """
        await self.cluster.topic_rows([topic])
        await self.selection.take_topic(topic)

    async def select_record(self, position: str) -> None:
        """Read a record, and select it."""
        await self.record_pane.open(position)

    async def run(self) -> None:
        """Read the topics once, and keep them fresh while somebody looks, until it is cancelled."""
        whole_at = float("-inf")
        await self._restore()
        while True:
            began = time.monotonic()
            whole = began - whole_at >= WHOLE_S
            if whole:
                whole_at = began
            try:
                await (self.topics.work(self.topics.refresh, "reading topics") if whole else self.topics.sample())
                self._failure = ""
            except WorkbenchError as error:
                self._failure = visible(f"topics were not read: {error}", 300)
            await asyncio.sleep(max(SAMPLE_S, SHARE * (time.monotonic() - began)))
            await self._watched.wait()

    async def _restore(self) -> None:
        view, self._view = self._view, None
        if view is None:
            return
        try:
            self.topics.restore(view)
            if view.topic:
                await self.select_topic(view.topic)
            self.search.restore(view)
            await self.messages.restore(view)
        except WorkbenchError as error:
            self._failure = visible(f"the saved view was not opened as a whole: {error}", 300)

    def view_of(self, pane: str, columns: list[str]) -> SavedView:
        """Return the saved view that opens a pane with what the forms hold now."""
        kept = {**self.topics.saved(), **self.messages.saved(), **self.search.saved()}
        return SavedView(pane=pane, topic=self.topic, columns=columns, **kept)

    def pause(self) -> None:
        """Ask for nothing until `resume`."""
        self._watched.clear()

    def resume(self) -> None:
        """Keep the topics fresh from now on."""
        self._watched.set()

    def close(self) -> None:
        """End a search that runs, and give back the memory."""
        self.pause()
        self.search.close()

    def _take_explanation(self, found: Explanation) -> None:
        self.traces.take(found)

    async def _explained(self) -> None:
        await self.explain.work(self.explain.press_explain, "reading the records around it")


def _further_panes(desk: ExplorerDesk, parts: DeskParts, hides: Callable[[str], bool]) -> list[ExplorerPane]:
    panes: list[ExplorerPane] = []
    if parts.schemas is not None:
        panes.append(SchemasPane(parts.schemas))
    if parts.plan_replay is not None:
        panes.append(ReplayPane(desk.cluster, desk.selection, desk.search, parts.plan_replay))
    if parts.acts is not None:
        panes.append(ActsPane(parts.acts, desk.selection, hides))
    return panes
