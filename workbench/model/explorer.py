"""Feed of the explorer: panes of forms, tables and sections over one shared selection.

A pane answers from memory; only `ExplorerPane.do` and `ExplorerPane.pick` ask the cluster. Texts may be hostile, and
the widget escapes them; they are masked already.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.model.feeds import Column, Progress

Tone: TypeAlias = Literal["plain", "warn", "error"]


@dataclass(frozen=True, slots=True)
class Input:
    """A field of a pane's form."""

    name: str
    label: str
    kind: Literal["text", "area", "choice", "check"] = "text"
    value: str = ""
    """The text; of a choice one of ``options``; of a check ``yes`` or nothing."""
    options: tuple[str, ...] = ()
    hint: str = ""
    live: bool = False
    """Whether each change is told at once, as ``do("input", …)``."""
    grow: bool = False
    """Whether it takes the remaining width."""


@dataclass(frozen=True, slots=True)
class Press:
    """A button of a pane. The first one is what Enter in a field does."""

    name: str
    label: str
    enabled: bool = True
    danger: bool = False
    """Whether it changes the cluster."""


@dataclass(frozen=True, slots=True)
class PaneRow:
    """A row of a pane's table."""

    key: str
    """Identifies it in every order and filter; `ExplorerPane.pick` takes it."""
    cells: tuple[str, ...]
    problem: bool = False
    trend: tuple[float, ...] = ()
    """Values of the last minutes, drawn as a small line."""


@dataclass(frozen=True, slots=True)
class FactsSection:
    """Names and values."""

    title: str
    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class TableSection:
    """A table of few rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class LinesSection:
    """A list of texts."""

    title: str
    items: tuple[str, ...]
    tone: Tone = "plain"


@dataclass(frozen=True, slots=True)
class TextSection:
    """A text whose line breaks and columns are kept."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class DifferenceSection:
    """A unified difference of two texts, line by line."""

    title: str
    lines: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class ProgressSection:
    """The progress of a job, with a bar for each part."""

    title: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A member of a decoded value, below the node before it that is one less deep."""

    depth: int
    name: str
    text: str
    """The value; of an object or array how many members it has."""
    kind: Literal["object", "array", "text", "number", "word"]


@dataclass(frozen=True, slots=True)
class TreeSection:
    """A decoded value as a tree that can be searched."""

    title: str
    nodes: tuple[TreeNode, ...]
    note: str = ""


Section: TypeAlias = (
    "FactsSection | TableSection | LinesSection | TextSection | DifferenceSection | ProgressSection | TreeSection"
)


@runtime_checkable
class ExplorerPane(Protocol):
    """One pane: a form, a table, sections of text."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def version(self) -> int:
        """Grows with each change of anything that the pane shows."""
        ...

    @property
    def busy(self) -> str:
        """What it is waiting for; empty while it waits for nothing."""
        ...

    @property
    def note(self) -> str:
        """What is shown, from where, how complete."""
        ...

    @property
    def failure(self) -> str:
        """Why the last thing that was asked of it was not done; empty if it was."""
        ...

    @property
    def inputs(self) -> Sequence[Input]: ...
    @property
    def presses(self) -> Sequence[Press]: ...
    @property
    def columns(self) -> Sequence[Column]:
        """Columns of its table; none where it has no table."""
        ...

    @property
    def order(self) -> str:
        """Column by which the table is sorted, with ``-`` before it for descending."""
        ...

    @property
    def row_count(self) -> int: ...
    @property
    def picked(self) -> str:
        """Key of the row that the shared selection names."""
        ...

    def window(self, start: int, end: int) -> Sequence[PaneRow]:
        """Return the rows of ``[start, end)``."""
        ...

    @property
    def sections(self) -> Sequence[Section]: ...
    async def do(self, press: str, values: Mapping[str, str]) -> None:
        """Do what a button says, with the values of the form.

        ``input`` is a change of a live field, ``sort`` of the order. A failure is told by ``failure``, not raised.
        """
        ...

    async def pick(self, key: str) -> None:
        """Take a row into the shared selection."""
        ...

    async def enter(self, key: str) -> None:
        """Take a row, and show what is inside of it."""
        ...


@runtime_checkable
class ExplorerFeed(Protocol):
    """All panes, and the selection that they share."""

    @property
    def cluster(self) -> Any:
        """The cluster that is explored."""
        ...

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str:
        """The connection, in a few words."""
        ...

    @property
    def panes(self) -> Sequence[ExplorerPane]:
        """Panes about the cluster."""
        ...

    @property
    def details(self) -> Sequence[ExplorerPane]:
        """Panes about the record that is selected."""
        ...

    @property
    def topic(self) -> str: ...
    @property
    def record(self) -> str:
        """Position of the selected record, ``topic/partition@offset``; empty while there is none."""
        ...

    @property
    def wish(self) -> tuple[int, str]:
        """A number that grows, and the pane that should be shown since it grew."""
        ...

    async def select_topic(self, topic: str) -> None: ...
    async def select_record(self, position: str) -> None: ...
    def pause(self) -> None:
        """Stop refreshing: no browser shows the panes."""
        ...

    def resume(self) -> None: ...
    def close(self) -> None:
        """End what runs, and give back the memory."""
        ...
