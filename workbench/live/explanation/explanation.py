"""The explanation of a record: its causes and effects within what was read, and where consumer groups stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import UnknownEventError
from workbench.text import (
    counted,
    element,
    facts,
    fragment,
    listing,
    output_html,
    position_text,
    table,
    text_table,
    time_text,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.live.explanation.standings import GroupStanding
    from workbench.live.search.result import SearchResult
    from workbench.model import Record
    from workbench.model.feeds import RecordDetail
    from workbench.text import Node
    from workbench.tracing.trace import Trace

_EVENT_TITLES = ("time (UTC)", "event", "type", "source")
_GROUP_TITLES = ("group", "state", "committed", "consumed", "reader")
_SHOWN = 50
_CELL = 80


class Explanation:
    """What is known of one record.

    Attributes:
        record: The record.
        detail: The record as text: facts, headers, value.
        found: The search that looked for related records; None where the record names none.
        trace: The causal graph of the record and its relatives; None where no search was made.
        groups: Where each consumer group of its partition stands.
        notes: What was not looked at, and why.
    """

    def __init__(
        self,
        record: Record,
        detail: RecordDetail,
        *,
        found: SearchResult | None,
        groups: Sequence[GroupStanding],
        notes: Sequence[str],
    ) -> None:
        self.record = record
        self.detail = detail
        self.found = found
        self.groups = tuple(groups)
        self.notes = tuple(notes)
        self.trace: Trace | None = None if found is None else _relatives(found, self.position)

    @property
    def position(self) -> str:
        """``topic/partition@offset`` of the record."""
        return self.record.position

    @property
    def led_to_it(self) -> list[dict[str, Any]]:
        """What led to the record within what was read, in order of time: a row for each event."""
        return self._rows("ancestors")

    @property
    def came_of_it(self) -> list[dict[str, Any]]:
        """What came of the record within what was read, in order of time."""
        return self._rows("descendants")

    @property
    def read(self) -> str:
        """What was read to find causes and effects, in a sentence."""
        return "nothing was read" if self.found is None else self.found.ended

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each cause, effect and group; ``kind`` tells which."""
        return [
            *({"kind": "led to it", **row} for row in self.led_to_it),
            *({"kind": "came of it", **row} for row in self.came_of_it),
            *({"kind": "group", **one.row()} for one in self.groups),
        ]

    def _rows(self, which: str) -> list[dict[str, Any]]:
        if self.trace is None:
            return []
        frame = getattr(self.trace, which)(self.position).frame
        return [
            {
                "time": time_text(row["t"], precision="ms"),
                "position": position_text(row["topic"], row["partition"], row["offset"]),
                "event_type": row["event_type"],
                "event_id": row["event_id"],
                "source": row["source"],
            }
            for row in frame.astype(object).where(frame.notna(), None).to_dict("records")
        ]

    def _events(self, rows: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
        names = ("time", "position", "event_type", "source")
        return [tuple(visible(str(row[name] or ""), _CELL) for name in names) for row in rows[:_SHOWN]]

    def _standings(self) -> list[tuple[str, ...]]:
        return [
            (
                visible(one.group_id, _CELL),
                visible(one.state, _CELL),
                "" if one.committed is None else str(one.committed),
                visible(one.verdict, 200),
                visible(one.member, _CELL),
            )
            for one in self.groups[:_SHOWN]
        ]

    def sections(self) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
        """Return title, columns and rows of what led to it, what came of it, and the groups."""
        led, came = self.led_to_it, self.came_of_it
        return [
            (f"What led to it: {counted(len(led), 'event')}", _EVENT_TITLES, self._events(led)),
            (f"What came of it: {counted(len(came), 'event')}", _EVENT_TITLES, self._events(came)),
            (f"Consumer groups: {len(self.groups)}", _GROUP_TITLES, self._standings()),
        ]

    def remarks(self) -> list[str]:
        """Return what was read, and what was not."""
        return [f"read: {visible(self.read, 400)}", *(visible(note, 400) for note in self.notes)]

    def __repr__(self) -> str:
        facts_text = [f"{name}: {value}" for name, value in self.detail.facts]
        parts = []
        for title, columns, rows in self.sections():
            parts += [title, *([text_table(columns, rows)] if rows else [])]
        return "\n".join([*facts_text, "", *parts, "", *self.remarks()])

    def _repr_html_(self) -> str:
        nodes: list[Node] = [element("h4", visible(self.position, 200)), facts(self.detail.facts)]
        for title, columns, rows in self.sections():
            nodes.append(fragment(element("h5", title), *([table(columns, rows)] if rows else [])))
        return output_html(*nodes, listing(self.remarks()))


def _relatives(found: SearchResult, position: str) -> Trace | None:
    try:
        return found.trace().select(event_id=position)
    except UnknownEventError:
        # Of copies of one event the graph keeps one position: then all that was found stands for it.
        return found.trace() if len(found) else None
