"""The pane of replays: what is selected or found is stored in a snapshot and planned; the panel of the plan runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from workbench.errors import ValidationError
from workbench.live.explorer.pane import Pane
from workbench.live.search.result import SearchResult, SearchScope
from workbench.model.explorer import Input, Press
from workbench.replay.options import choices
from workbench.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from workbench.live.explorer.explored import ExploredCluster
    from workbench.live.explorer.searching import SearchPane
    from workbench.live.explorer.selection import Selection


Planner: TypeAlias = "Callable[[SearchResult, str, str, Mapping[str, Any]], Awaitable[str]]"
"""Given records, a snapshot file, the target topic and options of the replay; returns what it did, in words."""
_WHAT = ("the selected record", "what the search found")
_CHOSEN = {
    "mode": "Mode",
    "ids": "Ids",
    "timestamps": "Timestamps",
    "partitions": "Partitions",
    "headers": "Headers",
}
"""Options of `workbench.replay.Options` that are chosen here, and their labels; the panel below shows them all."""
_WORDS = choices()
_CHECKED = {"create_target": "create missing targets", "allow_same_topic": "to the same topic, too"}


class ReplayPane(Pane):
    """Plans a replay; nothing is sent here.

    Args:
        cluster: What is explored.
        selection: The shared selection.
        search: The pane that has what a search found.
        plan: Stores records in a snapshot file, plans their replay to a topic, and shows the panel of the plan; returns
            what it did, in words.
    """

    name = "replay"
    title = "Replay"

    def __init__(self, cluster: ExploredCluster, selection: Selection, search: SearchPane, plan: Planner) -> None:
        super().__init__()
        self._cluster = cluster
        self._selection = selection
        self._search = search
        self._plan = plan
        self.values = {"what": _WHAT[0]}
        self.note = (
            "The records are stored in a snapshot first, whose journal knows what was sent. Nothing is sent here."
        )
        selection.on_record(self.changed)

    @property
    def inputs(self) -> Sequence[Input]:
        return (
            Input("what", "Replay", "choice", self.value("what"), _WHAT, grow=True),
            Input("file", "Snapshot file", "text", self.value("file"), hint="replay.duckdb", grow=True),
            Input("to", "To topic", "text", self.value("to"), hint="new topics", grow=True),
            *(
                Input(name, label, "choice", self.value(name, _WORDS[name][0]), _WORDS[name])
                for name, label in _CHOSEN.items()
            ),
            Input("records_per_s", "Records a second", "text", self.value("records_per_s"), hint="as fast as it goes"),
            *(Input(name, label, "check", self.value(name)) for name, label in _CHECKED.items()),
        )

    @property
    def presses(self) -> Sequence[Press]:
        return (Press("plan", "Plan the replay"),)

    async def press_plan(self) -> None:
        """Store the records, plan their replay, and show the panel below."""
        if not self.value("file"):
            raise ValidationError("Name a snapshot file, such as replay.duckdb: its journal will know what was sent.")
        found = self._search.found if self.value("what") == _WHAT[1] else await self._selected()
        if found is None or not len(found):
            raise ValidationError(f"Nothing to replay: {self.value('what')} is empty.")
        options: dict[str, Any] = {name: self.value(name, _WORDS[name][0]) for name in _CHOSEN}
        options |= {name: True for name in _CHECKED if self.value(name) == "yes"}
        if self.value("records_per_s"):
            options["records_per_s"] = self.value("records_per_s")
        done = await self._plan(found, self.value("file"), self.value("to"), options)
        self.note = f"{counted(len(found), 'record')}: {visible(done, 400)}"

    async def _selected(self) -> SearchResult | None:
        row = self._selection.row
        if row is None:
            return None
        (topic,) = row["topic"].to_pylist()
        log = self._cluster.log
        ids = {info.name: info.topic_id for info in await log.describe([topic])}
        scope = SearchScope(
            f"record {self._selection.record}", log.cluster_id, self._cluster.name, "read_committed", ids
        )
        return SearchResult(row, scope, (), state="complete")
