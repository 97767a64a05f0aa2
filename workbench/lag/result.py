"""The result of sampling consumer lag: frames, totals by group, a chart."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.lag.quantities import group_totals, lag_frame, lag_table, outlines
from workbench.lag.tables import LagTables, rounds_of, tables_of
from workbench.text import (
    StaticView,
    counted,
    element,
    fragment,
    listing,
    number_text,
    output_html,
    table,
    text_table,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd
    import plotly.graph_objects as go

    from workbench.model.lag import LagRound
    from workbench.text import Element

_SHOWN_GROUPS = 30
_SHOWN_ERRORS = 5
_ROWS_AT_ONCE = 1_000
_COUNTS = ("members", "partitions", "lag", "lost", "ahead", "held", "unknown")
_TITLES = ("group", "state", *_COUNTS)
_NUMERIC = tuple(range(2, len(_TITLES)))


class LagResult:
    """One or more rounds of consumer lag, just sampled or read from a snapshot.

    Attributes:
        tables: The samples as Arrow tables; see `workbench.lag.tables`.
    """

    def __init__(self, rounds: LagTables | Iterable[LagRound]) -> None:
        self.tables = rounds if isinstance(rounds, LagTables) else tables_of(rounds)

    @cached_property
    def rounds(self) -> tuple[LagRound, ...]:
        """The samples of each round, oldest first."""
        return tuple(rounds_of(self.tables))

    @cached_property
    def frame(self) -> pd.DataFrame:
        """One row per round, group and partition; see `workbench.lag.COLUMNS`."""
        return lag_frame(self.tables)

    @cached_property
    def groups(self) -> pd.DataFrame:
        """Totals of the newest round, one row per group, furthest behind first."""
        return group_totals(self.frame)

    @cached_property
    def errors(self) -> tuple[str, ...]:
        """Errors of the reads that failed, each once."""
        return tuple(dict.fromkeys(error for taken in outlines(self.tables) for error in taken.errors))

    @property
    def newest(self) -> LagResult:
        """The newest round by itself."""
        number = self.tables.lag_rounds["round_id"].to_pylist()[-1:]
        kept = {
            name: rows.filter(pc.is_in(rows["round_id"], pa.array(number, pa.int64())))
            for name, rows in self.tables.by_name().items()
        }
        return LagResult(LagTables(**kept))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the rows of `frame` as plain values, None where a value is absent."""
        for batch in lag_table(self.tables).to_batches(_ROWS_AT_ONCE):
            for row in batch.to_pylist():
                yield {name: _plain(value) for name, value in row.items()}

    def figure(self) -> go.Figure:
        """Draw the chart as a plotly figure. Its output has the picture of `snapshot` beside plotly's data."""
        from workbench.charts.still_figure import StillFigure
        from workbench.lag.figure import lag_figure

        return StillFigure(lag_figure(with_partition(self.frame)), still=self.snapshot)

    def snapshot(self) -> StaticView:
        """Return the chart as a static picture with the table of groups; it needs no scripts."""
        from workbench.lag.picture import lag_picture

        return StaticView(fragment(lag_picture(with_partition(self.frame)), *self._nodes()), repr(self))

    def show(self) -> None:
        """Display the chart; returns None, as plotly's own ``show`` does."""
        from workbench.charts.display import show_figure

        show_figure(self.figure())

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (visible(str(row.group_id), 80), str(row.state), *(number_text(getattr(row, name)) for name in _COUNTS))
            for row in self.groups.head(_SHOWN_GROUPS).itertuples()
        ]

    def _remarks(self) -> list[str]:
        more = len(self.groups) - _SHOWN_GROUPS
        remarks = [counted(more, "more group")] if more > 0 else []
        remarks += [visible(error, 200) for error in self.errors[:_SHOWN_ERRORS]]
        return [*remarks, "lag counts offsets: at most this many records"]

    def __repr__(self) -> str:
        if not self.newest.tables.group_samples.num_rows:
            return "No consumer group was found."
        return "\n".join([text_table(_TITLES, self._rows(), numeric=_NUMERIC), *self._remarks()])

    def _repr_html_(self) -> str:
        return output_html(*self._nodes())

    def _nodes(self) -> list[Element]:
        if not self.newest.tables.group_samples.num_rows:
            return [element("p", repr(self))]
        return [table(_TITLES, self._rows(), numeric=_NUMERIC), listing(self._remarks())]


def with_partition(frame: pd.DataFrame) -> pd.DataFrame:
    """Leave out the rows of groups without any partition: a chart has nothing to draw for them."""
    return frame[frame["partition"].notna()]


def shown_text(value: Any) -> str:
    """Write a text of a broker so that it can be shown; nothing where there is none."""
    import pandas as pd

    return "" if pd.isna(value) else visible(str(value), 120)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
