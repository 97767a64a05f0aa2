"""The panes of the selected record: facts, decoded value, bytes, and what explains it."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.errors import ValidationError
from workbench.live.explorer.decoded_tree import value_section
from workbench.live.explorer.hex_dump import hex_dump
from workbench.live.explorer.pane import Pane
from workbench.live.rows import TAIL, detail_of
from workbench.model.explorer import FactsSection, Input, LinesSection, Press, TableSection, TextSection
from workbench.text import counted, position_text, size_text, time_text, visible, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    import pyarrow as pa

    from workbench.live.explanation.explanation import Explanation
    from workbench.live.explorer.explored import ExploredCluster
    from workbench.live.explorer.selection import Selection
    from workbench.model.explorer import Section

_NOTHING = "No record is selected: choose one in Messages or Search, or type its position."
_HEADERS = 1_024


class _PartPane(Pane):
    """A pane that shows a part of the selected record."""

    def __init__(self, selection: Selection) -> None:
        super().__init__()
        self._selection = selection
        self.note = _NOTHING
        selection.on_record(self._record_changed)

    def _record_changed(self) -> None:
        row = self._selection.row
        self.sections = () if row is None else self._shown(row)
        self.note = _NOTHING if row is None else ""
        self.failure = ""
        self.changed()

    @abstractmethod
    def _shown(self, row: pa.Table) -> list[Section]:
        """Make the sections of a record."""


class RecordPane(_PartPane):
    """Position, envelope, headers, and where the record came from."""

    name = "record"
    title = "Record"

    def __init__(
        self,
        cluster: ExploredCluster,
        selection: Selection,
        explain: Callable[[], Awaitable[Any]],
        hides: Callable[[str], bool],
    ) -> None:
        super().__init__(selection)
        self._cluster = cluster
        self._explain = explain
        self._hides = hides

    @property
    def inputs(self) -> Sequence[Input]:
        return (
            Input("position", "Position", "text", self._selection.record, hint="orders/3@1842", grow=True),
            Input("file", "Save value to", "text", self.value("file"), hint="value.bin"),
        )

    @property
    def presses(self) -> Sequence[Press]:
        there = self._selection.row is not None
        return (
            Press("open", "Open"),
            Press("trace", "Trace", there),
            Press("save", "Save bytes", there),
        )

    async def open(self, position: str) -> None:
        """Read a record, and select it."""
        page = await self._cluster.page(position, count=1)
        names = ("topic", "partition", "offset")
        found = [position_text(*values) for values in zip(*(page.table[n].to_pylist() for n in names), strict=True)]
        if found != [position]:
            raise ValidationError(f"There is no record {visible(position, 200)}.")
        self._selection.take_record(position, page.table)

    async def press_open(self) -> None:
        """Read the record at the position that is typed."""
        await self.open(self.value("position"))

    async def press_trace(self) -> None:
        """Look for what led to the record and what came of it, and show the trace."""
        await self._explain()
        self._selection.show("traces")

    async def press_save(self) -> None:
        """Write the bytes of the value to a new file."""
        row, file = self._selection.row, self.value("file")
        if row is None or not file:
            raise ValidationError("Name a file for the bytes of the value.")
        value = row["value"].to_pylist()[0]
        if value is None:
            raise ValidationError("The record is a tombstone: it has no value to write.")
        path = await asyncio.to_thread(_write_new, file, value)
        masked = "; parts of it are masked" if self._hides(row["topic"].to_pylist()[0]) else ""
        self.note = f"{size_text(len(value))} were written to {visible(str(path), 200)}{masked}"

    def _record_changed(self) -> None:
        self.values["position"] = self._selection.record
        super()._record_changed()

    def _shown(self, row: pa.Table) -> list[Section]:
        return _record_sections(row.to_pylist()[0], row)


class ValuePane(_PartPane):
    """The decoded value as a tree."""

    name = "value"
    title = "Value"

    def _shown(self, row: pa.Table) -> list[Section]:
        values = row.select(["value", "decoded", "key", "decoded_key"]).to_pylist()[0]
        key = values["decoded_key"] or visible_bytes(values["key"], 4_000)
        return [FactsSection("Key", (("key", key),)), value_section(values["value"], values["decoded"])]


class BytesPane(_PartPane):
    """Key, value and headers as bytes."""

    name = "bytes"
    title = "Bytes"

    def _shown(self, row: pa.Table) -> list[Section]:
        values = row.select(["key", "value", "headers"]).to_pylist()[0]
        headers = [
            TextSection(f"Header {visible_bytes(one['name'])}", hex_dump(one["value"], _HEADERS))
            for one in values["headers"][:20]
        ]
        return [
            TextSection("Key", hex_dump(values["key"], _HEADERS)),
            TextSection("Value", hex_dump(values["value"])),
            *headers,
        ]


class ExplainPane(Pane):
    """What led to the record, what came of it, and which groups have passed it."""

    name = "explain"
    title = "Explain"

    def __init__(
        self, cluster: ExploredCluster, selection: Selection, explained: Callable[[Explanation], None]
    ) -> None:
        super().__init__()
        self._cluster = cluster
        self._selection = selection
        self._explained = explained
        self.explanation: Explanation | None = None
        self.note = _NOTHING
        selection.on_record(self._record_changed)

    @property
    def inputs(self) -> Sequence[Input]:
        return (
            Input(
                "topics",
                "Look for relatives in",
                "text",
                self.value("topics", "*"),
                hint="names or patterns",
                grow=True,
            ),
            Input("around", "Around its time", "text", self.value("around", "5m"), hint="90s, 5m, 2h"),
        )

    @property
    def presses(self) -> Sequence[Press]:
        return (Press("explain", "Explain this record", self._selection.row is not None),)

    async def press_explain(self) -> None:
        """Ask for the explanation."""
        position = self._selection.record
        if not position:
            raise ValidationError(_NOTHING)
        topics = self.value("topics", "*").split() or ["*"]
        found = await self._cluster.explain(position, topics=topics, around=self.value("around", "5m"))
        self.explanation = found
        self.sections = [
            *(TableSection(title, columns, tuple(rows)) for title, columns, rows in found.sections()),
            LinesSection("What was read", tuple(found.remarks())),
        ]
        self.note = ""
        self._explained(found)

    def _record_changed(self) -> None:
        self.explanation, self.sections = None, ()
        self.note = _NOTHING if self._selection.row is None else "Not explained yet."
        self.changed()


def _write_new(name: str, data: bytes) -> Path:
    path = Path(name).expanduser()
    try:
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError as error:
        raise ValidationError(f"{path} exists already: name another file.") from error
    except OSError as error:
        raise ValidationError(f"{path} cannot be written: {error.strerror}.") from error
    return path


def _record_sections(values: Mapping[str, Any], row: Any) -> list[Section]:
    detail = detail_of(row.select(list(TAIL.names)))
    sections: list[Section] = []
    if detail is not None:
        sections.append(FactsSection("Record", detail.facts))
        title = f"Headers: {len(detail.headers)}"
        sections.append(TableSection(title, ("name", "value"), detail.headers))
    if came_from := _came_from(values):
        sections.append(FactsSection("Where it came from", tuple(came_from)))
    return sections


def _came_from(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Tell causes, the original of a dead letter or a copy, and the marks of a replay."""
    facts = [(f"cause by {cause['via'] or cause['target']}", str(cause["value"])) for cause in values["causes"] or ()]
    origin = values["origin"]
    if origin is not None and origin["topic"] is not None:
        known = origin["partition"] is not None and origin["offset"] is not None
        place = position_text(origin["topic"], origin["partition"], origin["offset"]) if known else origin["topic"]
        facts.append(("original", place))
        if origin["group"]:
            facts.append(("handled by group", origin["group"]))
        if origin["timestamp_ms"] is not None:
            facts.append(("original time", time_text(origin["timestamp_ms"])))
    error = values["error"]
    if error is not None:
        facts.append(("error", " ".join(str(error[name]) for name in ("type", "message", "stage") if error[name])))
    if values["dlq_depth"]:
        facts.append(("dead letter", counted(values["dlq_depth"], "time")))
    if values["replay"]:
        facts.append(("replay marks", values["replay"]))
    return facts
