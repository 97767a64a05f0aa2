"""The result of a structural query: a frame, the events as a graph, and what the answer leaves open."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import pandas as pd

from workbench.errors import ConfigurationError
from workbench.text import (
    counted,
    duration_text,
    number_text,
    text_table,
    time_text,
    visible,
    visible_name,
)
from workbench.tracing import selection
from workbench.tracing.answers import Answer
from workbench.tracing.located import Located
from workbench.tracing.query.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

    from workbench.model.causation import EventPosition
    from workbench.tracing.graph import CausalGraph

T = TypeVar("T")

_SHOWN_ROWS = 20
_TEXT_LIMIT = 40
_NAMES = ("type", "source", "topic", "root.type", "root.source")
_SUMMARY_LIMIT = 300


@dataclass(frozen=True, eq=False, repr=False)
class QueryResult(Answer, Located, Generic[T]):
    """Events that answer a query. A replay, a table or a search takes it as its selection, because it has positions."""

    graph: CausalGraph
    """The events and the edges between them."""
    columns: pa.Table
    """One row for each event in the order (t, id); times and durations in microseconds."""
    missing: dict[str, int]
    """Events of the searched graph that lack a field of a condition: no comparison with it is true for them."""
    sql: str
    """The statements that DuckDB ran for conditions and stages; values are bound."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """The values of the names in ``sql``."""
    cut: Callable[[CausalGraph], T] | None = None
    """Makes the trace of the events; whoever was asked gives it."""

    def __len__(self) -> int:
        return len(self.graph)

    @property
    def summary(self) -> str:
        """The query in one line."""
        return self.graph.provenance.selection

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row for each event: the columns of ``select(…)``, else time, type, ids, position, depth, ``hop_us``."""
        frame: pd.DataFrame = self.columns.to_pandas()
        for name in list(frame.columns):
            kind = FIELDS.get(name)
            if kind == "time":
                frame[name] = pd.to_datetime(frame[name], unit="us", utc=True, errors="coerce")
            elif kind == "duration":
                frame[name] = frame[name].astype("Int64")
                frame = frame.rename(columns={name: f"{name}_us"})
        return frame

    @property
    def trace(self) -> T:
        """The events as a trace, to draw and to ask.

        Raises:
            ConfigurationError: A graph was asked, not a trace or a snapshot.
        """
        if self.cut is None:
            raise ConfigurationError("Only a graph was asked: trace.query(…) and snap.query(…) give a trace.")
        return self.cut(self.graph)

    def positions(self) -> tuple[EventPosition, ...]:
        """Return the position of the record of each event."""
        return selection.positions(self.graph)

    def root_positions(self) -> tuple[EventPosition, ...]:
        """Return the positions of the events none of whose causes is in the result."""
        return selection.root_positions(self.graph)

    def boundary(self) -> tuple[int, int]:
        """Count the causes that the result leaves outside, and the effects."""
        return selection.boundary(self.graph)

    def text(self) -> str:
        """Write the first events as a table, and how many lack a field of a condition."""
        found = f"{counted(len(self), 'event')} of {number_text(self.graph.provenance.events)}"
        lines = [f"{visible(self.summary, _SUMMARY_LIMIT)}: {found}"]
        lines += [f"{counted(count, 'event')} without {name}" for name, count in self.missing.items()]
        if len(self):
            shown = self.columns.slice(0, _SHOWN_ROWS)
            names = shown.column_names
            rows = [[_cell(name, row[name]) for name in names] for row in shown.to_pylist()]
            lines.append(text_table([visible(name, _TEXT_LIMIT) for name in names], rows))
            if len(self) > _SHOWN_ROWS:
                lines.append(f"… {counted(len(self) - _SHOWN_ROWS, 'more event')} in .frame")
        return "\n".join(lines)


def _cell(name: str, value: Any) -> str:
    if value is None:
        return ""
    kind = FIELDS.get(name)
    if kind == "time":
        return time_text(value, "us")
    if kind == "duration":
        return duration_text(value, "us")
    text = ", ".join(value) if kind == "texts" else str(value)
    return visible_name(text, _TEXT_LIMIT) if name in _NAMES else visible(text, _TEXT_LIMIT)
