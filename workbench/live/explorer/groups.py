"""The pane of consumer groups: type, state, members, assignment, lag."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.live.explorer.pane import Pane
from workbench.model.explorer import Input, LinesSection, PaneRow, Press, TableSection
from workbench.model.feeds import Column
from workbench.text import counted, number_text, partition_text, time_text, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.lag import LagResult
    from workbench.live.explorer.explored import ExploredCluster
    from workbench.live.explorer.selection import Selection
    from workbench.model import GroupInfo
    from workbench.model.explorer import Section

_SHOWN = 200
_NAMED = 12


class GroupsPane(Pane):
    """All consumer groups; picking one shows its members and the lag of its partitions."""

    name = "groups"
    title = "Groups"
    columns = (
        Column("group", "Group", 220, grow=True, ends=True),
        Column("lag", "Lag", 96, numeric=True),
        Column("state", "State", 130),
        Column("members", "Members", 80, numeric=True),
        Column("partitions", "Partitions", 90, numeric=True),
        Column("type", "Type", 90),
        Column("remark", "Remarks", 200),
    )

    def __init__(self, cluster: ExploredCluster, selection: Selection) -> None:
        super().__init__()
        self._cluster = cluster
        self._selection = selection
        self._lag: LagResult | None = None
        self._groups: dict[str, GroupInfo] = {}
        self.note = "Not read yet."

    @property
    def inputs(self) -> Sequence[Input]:
        return (Input("filter", "Group ids with", "text", self.value("filter"), live=True, grow=True),)

    @property
    def presses(self) -> Sequence[Press]:
        return (Press("refresh", "Read groups"),)

    @property
    def picked(self) -> str:
        return self._selection.group

    async def press_refresh(self) -> None:
        """Sample the lag of all groups once."""
        lag = await self._cluster.lag("*")
        taken = lag.rounds[-1]
        self._lag, self._groups = lag, {group.group_id: group for group in taken.groups}
        self._arrange()
        when = time_text(taken.finished_at_ms, precision="s")
        self.note = f"{counted(len(self._groups), 'group')} at {when}; lag counts offsets: at most this many records"
        if self._selection.group in self._groups:
            self._show_group()

    async def press_input(self) -> None:
        """Filter by what is typed."""
        self._arrange()

    async def pick(self, key: str) -> None:
        """Select a group."""
        if key in self._groups:
            self._selection.group = key
            self._show_group()
            self.changed()

    def _arrange(self) -> None:
        if self._lag is None:
            return
        words = self.value("filter").casefold().split()
        totals: dict[str, Any] = {str(row["group_id"]): row for row in self._lag.groups.to_dict("records")}
        self.rows = [
            self._row(group, totals.get(group_id, {}))
            for group_id, group in sorted(self._groups.items())
            if all(word in group_id.casefold() for word in words)
        ]

    def _row(self, group: GroupInfo, total: dict[str, Any]) -> PaneRow:
        lag, partitions = total.get("lag"), total.get("partitions")
        known = isinstance(lag, int)
        cells = (
            visible(group.group_id, 250),
            number_text(lag) if known else "",
            group.state,
            number_text(len(group.members)),
            number_text(int(partitions or 0)),
            group.protocol,
            visible(group.error or "", 200),
        )
        return PaneRow(group.group_id, cells, bool(group.error))

    def _show_group(self) -> None:
        group = self._groups[self._selection.group]
        members = tuple(
            (one.client_id, one.host, _assigned(one.partitions), one.instance_id or "")
            for one in group.members[:_SHOWN]
        )
        sections: list[Section] = [
            TableSection(
                f"Members of {group.group_id}: {len(group.members)}",
                ("client", "host", "assignment", "instance"),
                members,
            )
        ]
        rows = [] if self._lag is None else [row for row in self._lag.rows() if row["group_id"] == group.group_id]
        lags = tuple(
            (
                partition_text(str(row["topic"]), row["partition"]),
                number_text(row["committed"]),
                number_text(row["high"]),
                number_text(row["lag"]),
                str(row.get("reason") or ""),
            )
            for row in rows[:_SHOWN]
            if row["partition"] is not None
        )
        sections.append(TableSection("Lag by partition", ("partition", "committed", "log end", "lag", "remark"), lags))
        if len(rows) > _SHOWN:
            sections.append(LinesSection("More", (f"{counted(len(rows) - _SHOWN, 'more partition')}",)))
        self.sections = sections


def _assigned(partitions: Any) -> str:
    shown = ", ".join(partition_text(place.topic, place.partition) for place in sorted(partitions)[:_NAMED])
    return f"{shown}, … {len(partitions)} in all" if len(partitions) > _NAMED else shown
