"""Defines an act: what would be changed on a cluster, from what to what, and why it may not be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.text import counted, element, listing, output_html, table, text_table, visible

if TYPE_CHECKING:
    from collections.abc import Mapping

ActName: TypeAlias = Literal[
    "create_topic",
    "add_partitions",
    "change_config",
    "delete_records",
    "delete_topic",
    "produce",
    "reset_offsets",
    "delete_group",
]

_TITLES = ("what", "now", "then")
_SHOWN = 40
_CELL = 100


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that an act changes, in words."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Undo:
    """The act that takes another one back."""

    action: ActName
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning found out about an act."""

    target: str
    changes: tuple[Change, ...]
    warnings: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    undo: Undo | None = None
    no_undo: str = ""
    """Why it cannot be taken back."""
    parameters: Mapping[str, Any] | None = None
    """With which values it is done; None where these are the given ones."""

    def agrees_with(self, other: Planned) -> bool:
        """Whether both change the same; warnings may count what is written meanwhile."""
        same = ("target", "changes", "refusals", "undo")
        return all(getattr(self, name) == getattr(other, name) for name in same)


@dataclass(frozen=True, slots=True, repr=False)
class Act:
    """A planned change. Nothing was changed yet: `Cluster.acts` runs it, once its target is typed.

    Attributes:
        action: What is done.
        parameters: With which values; they can be written as JSON.
        planned: What it changes, and why it may not be done.
        cluster_id: The cluster.
        cluster: Its name.
        planned_at_ms: When it was planned.
    """

    action: ActName
    parameters: Mapping[str, Any]
    planned: Planned
    cluster_id: str
    cluster: str
    planned_at_ms: int = field(compare=False)

    @property
    def target(self) -> str:
        """The name of the topic or group, which has to be typed to run it."""
        return self.planned.target

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why it cannot be run; empty if it can."""
        return self.planned.refusals

    def _title(self) -> str:
        return f"{self.action.replace('_', ' ')} on {visible(self.cluster, 80)}: {visible(self.target, 200)}"

    def _rows(self) -> list[tuple[str, ...]]:
        changes = self.planned.changes[:_SHOWN]
        return [tuple(visible(text, _CELL) for text in (one.what, one.before, one.after)) for one in changes]

    def _remarks(self) -> list[str]:
        planned, more = self.planned, len(self.planned.changes) - _SHOWN
        undo = planned.undo
        back = f"it can be taken back by {undo.action.replace('_', ' ')}" if undo is not None else planned.no_undo
        return [
            *([f"{counted(more, 'more change')} of this kind"] if more > 0 else []),
            *(f"warning: {visible(text, 400)}" for text in planned.warnings),
            *(f"refused: {visible(text, 400)}" for text in planned.refusals),
            f"undo: {visible(back, 400)}",
        ]

    def _way_on(self) -> str:
        way_on = "it cannot be run" if self.planned.refusals else f"to run it, type {visible(self.target, 200)!r}"
        return f"nothing was changed; {way_on}"

    def text(self) -> str:
        """Return what would be changed, without the way on."""
        return "\n".join([self._title(), text_table(_TITLES, self._rows()), *self._remarks()])

    def __repr__(self) -> str:
        return f"{self.text()}\n{self._way_on()}"

    def _repr_html_(self) -> str:
        remarks = [*self._remarks(), self._way_on()]
        return output_html(element("h4", self._title()), table(_TITLES, self._rows()), listing(remarks))


@dataclass(frozen=True, slots=True, repr=False)
class ActReport:
    """What became of an act that was run.

    Attributes:
        act: The act.
        operation_id: Its id in the journal.
        result: What was done, in words.
        undo: The act that takes it back, to be planned and run like any other; None where there is none.
    """

    act: Act
    operation_id: str
    result: str
    undo: Undo | None

    def __repr__(self) -> str:
        back = "" if self.undo is None else f"; acts.undo(…) plans how to take it back ({self.operation_id})"
        return f"{visible(self.act.target, 200)}: {visible(self.result, 400)}{back}"
