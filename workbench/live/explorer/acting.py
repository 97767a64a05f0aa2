"""The pane of acts: each is planned, shown, typed and run by the acts of a writable cluster, and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import ValidationError
from workbench.live.explorer.pane import Pane
from workbench.live.explorer.produced_record import TEMPLATE, TakenRecord, difference, produced
from workbench.live.search.columns import records_of
from workbench.model.explorer import Input, LinesSection, Press, TableSection
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from workbench.acts.act import Act, ActReport
    from workbench.live.explorer.explored import ExplorerActs
    from workbench.live.explorer.selection import Selection
    from workbench.model.explorer import Section

ACTS = (
    "produce a record",
    "create topic",
    "add partitions",
    "change settings",
    "delete records",
    "delete topic",
    "reset offsets",
    "delete group",
)
_TOPIC = Input("topic", "Topic", grow=True)
_GROUP = Input("group", "Group", grow=True)
_SETTINGS = Input("settings", "Settings, one name=value a line", "area", grow=True)
_FIELDS: dict[str, tuple[Input, ...]] = {
    "produce a record": (
        _TOPIC,
        Input("partition", "Partition", hint="by the key"),
        Input("key", "Key", hint="null"),
        Input("value", "Value", "area", grow=True),
        Input("headers", "Headers, one name: value a line", "area", grow=True),
        Input("tombstone", "value is null", "check"),
    ),
    "create topic": (_TOPIC, Input("partitions", "Partitions"), Input("replicas", "Copies of each"), _SETTINGS),
    "add partitions": (_TOPIC, Input("total", "Partitions in all")),
    "change settings": (_TOPIC, _SETTINGS),
    "delete records": (_TOPIC, Input("before", "Before", hint="1200, -7d, @2026-…")),
    "delete topic": (_TOPIC, Input("accept", "although active groups read it", "check")),
    "reset offsets": (
        _GROUP,
        Input("to", "To", hint="start, end, -1h, 1200"),
        Input("only", "Topics", hint="all it has"),
    ),
    "delete group": (_GROUP,),
}
_USUAL = {"partitions": "1", "replicas": "1", **TEMPLATE}


class ActsPane(Pane):
    """Plans and runs acts. Only a writable cluster has this pane."""

    name = "acts"
    title = "Acts"

    def __init__(self, acts: ExplorerActs, selection: Selection, hides: Callable[[str], bool]) -> None:
        super().__init__()
        self._acts = acts
        self._selection = selection
        self._hides = hides
        self._taken: TakenRecord | None = None
        self._act: Act | None = None
        self.report: ActReport | None = None
        self.values = {"act": ACTS[0], **_USUAL}
        self.note = "Nothing is changed before a plan was shown and the name of its target was typed."
        selection.on_topic(self._topic_changed)
        selection.on_record(self.changed)

    @property
    def inputs(self) -> Sequence[Input]:
        chosen = self.values.get("act", ACTS[0])
        fields = [
            Input(one.name, one.label, one.kind, self.values.get(one.name, ""), hint=one.hint, grow=one.grow)
            for one in _FIELDS[chosen]
        ]
        typed = "" if self._act is None else self._act.target
        confirm = Input("confirm", "Type the name of the target to run", value="", hint=visible(typed, 120))
        return (Input("act", "Act", "choice", chosen, ACTS, live=True), *fields, *([confirm] if self._act else []))

    @property
    def presses(self) -> Sequence[Press]:
        may_run = self._act is not None and not self._act.refusals
        may_take = self._selection.row is not None and self.values.get("act") == ACTS[0]
        return (
            Press("plan", "Plan"),
            Press("take", "Take the selected record", may_take),
            Press("run", "Run this plan", may_run, danger=True),
            Press("undo", "Plan to take it back", self.report is not None and self.report.undo is not None),
        )

    async def do(self, press: str, values: Mapping[str, str]) -> None:
        """Do what a button says; another act is another plan."""
        if values.get("act", ACTS[0]) not in ACTS:
            raise ValidationError("There is no such act.")
        await super().do(press, values)

    async def press_input(self) -> None:
        """Show the fields of the act that was chosen."""
        self._act, self.sections = None, ()

    async def press_take(self) -> None:
        """Fill the form with the selected record."""
        row = self._selection.row
        if row is None:
            raise ValidationError("No record is selected.")
        (record,) = records_of(row)
        if self._hides(record.topic):
            raise ValidationError(
                f"Records of {record.topic} are masked here: a copy would write what is left of them."
            )
        self._taken = TakenRecord.of(record)
        self.values |= {**self._taken.texts, "topic": record.topic, "tombstone": "yes" if record.value is None else ""}
        self._act, self.sections = None, ()
        self.note = f"The form has {record.position}; what you leave as it is keeps its bytes."

    async def press_plan(self) -> None:
        """Plan the act, and show the plan."""
        self._act, self.sections = None, ()
        made = await self._planned()
        more: list[Section] = []
        if made.action == "produce" and self._taken is not None:
            more = [difference(self._taken, produced(self.values, self._taken))]
        self._show(made, more)

    async def press_run(self) -> None:
        """Run the plan that is shown, if the name of its target was typed."""
        act = self._act
        if act is None:
            raise ValidationError("There is no plan to run.")
        self.report = await self._acts.run(act, confirm=self.value("confirm"))
        self._act = None
        self.values["confirm"] = ""
        self.note = repr(self.report)
        self.sections = [LinesSection("Done", (repr(self.report), f"operation {self.report.operation_id}"))]

    async def press_undo(self) -> None:
        """Plan to take back what was run last."""
        if self.report is None:
            raise ValidationError("Nothing was run here yet.")
        self._show(await self._acts.undo(self.report), [])

    async def _planned(self) -> Act:
        acts, value, topic, group = self._acts, self.value, self.value("topic"), self.value("group")
        planners: dict[str, Callable[[], Awaitable[Act]]] = {
            "create topic": self._planned_topic,
            "add partitions": lambda: acts.add_partitions(topic, self._number("total")),
            "change settings": lambda: acts.change_config(topic, self._settings()),
            "delete records": lambda: acts.delete_records(topic, value("before")),
            "delete topic": lambda: acts.delete_topic(topic, accept_groups=value("accept") == "yes"),
            "reset offsets": lambda: acts.reset_offsets(group, value("to"), topics=value("only").split() or None),
            "delete group": lambda: acts.delete_group(group),
            "produce a record": self._planned_record,
        }
        return await planners[self.values["act"]]()

    async def _planned_topic(self) -> Act:
        shape = {"partitions": self._number("partitions"), "replication_factor": self._number("replicas")}
        settings = {name: text or "" for name, text in self._settings().items()}
        return await self._acts.create_topic(self.value("topic"), config=settings, **shape)

    async def _planned_record(self) -> Act:
        partition = self._number("partition") if self.value("partition") else None
        like = None if self._taken is None else self._taken.record
        made = produced(self.values, self._taken)
        return await self._acts.produce(self.value("topic"), partition=partition, like=like, **made)

    def _show(self, act: Act, more: Sequence[Section]) -> None:
        self._act = act
        planned = act.planned
        rows = tuple((one.what, one.before, one.after) for one in planned.changes)
        back = f"it can be taken back by {planned.undo.action}" if planned.undo is not None else planned.no_undo
        self.sections = [
            *([LinesSection("Refused", planned.refusals, "error")] if planned.refusals else []),
            *([LinesSection("Warnings", planned.warnings, "warn")] if planned.warnings else []),
            TableSection(f"Plan: {act.action.replace('_', ' ')} {act.target}", ("what", "now", "then"), rows),
            *more,
            LinesSection("Undo", (back,)),
        ]
        self.note = "Planned; nothing was changed."

    def _number(self, name: str) -> int:
        text = self.value(name)
        if not text.isdecimal():
            raise ValidationError(f"{name}: {visible(text, 40) or 'nothing'} is no number.")
        return int(text)

    def _settings(self) -> dict[str, str | None]:
        settings: dict[str, str | None] = {}
        for line in self.value("settings").splitlines():
            name, found, text = line.partition("=")
            if not found:
                raise ValidationError(f"The setting {visible(line, 100)} is not written as name=value.")
            settings[name.strip()] = text.strip() or None
        return settings

    async def _topic_changed(self) -> None:
        self.values["topic"] = self._selection.topic
        self.changed()
