"""Snapshot of the live table: a static HTML table of the first and the last rows, and the counters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.text import StaticView, counted, element, fragment, number_text, table, text_table, time_text, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from workbench.model.feeds import Row, RowFeed, RowStats

HEAD_ROWS = 10
TAIL_ROWS = 40
CELL_CHARACTERS = 100
"""Characters of a cell; a row stays one line high, and a saved notebook small."""


def tail_snapshot(
    feed: RowFeed, title: str, columns: Sequence[Mapping[str, Any]], *, filter_text: str = ""
) -> StaticView:
    """Draw the oldest and the newest rows that the feed holds; the rows between are counted.

    The size is bounded, because a saved notebook keeps it for ever.
    """
    stats = feed.stats
    end = max(stats.end - TAIL_ROWS, stats.base)
    head = feed.window(stats.base, min(stats.base + HEAD_ROWS, end))
    tail = feed.window(end, stats.end)
    left_out = stats.end - stats.base - len(head) - len(tail)
    shown = [index for index, column in enumerate(columns) if not column["hidden"]]
    titles = [columns[index]["title"] for index in shown]
    numeric = [place for place, index in enumerate(shown) if columns[index]["numeric"]]
    caption = _provenance(title, stats, filter_text)
    gap = [(f"… {counted(left_out, 'more row')} …", *[""] * (len(titles) - 1))] if left_out else []
    rows = [*_cells(head, shown), *gap, *_cells(tail, shown)]
    body = fragment(table(titles, rows, numeric=numeric), element("p", caption), class_="workbench-snapshot")
    return StaticView(body, f"{text_table(titles, rows, numeric=numeric)}\n{caption}")


def _provenance(title: str, stats: RowStats, filter_text: str) -> str:
    return (
        f"{title}: {stats.state} at {time_text(datetime.now(UTC), precision='s')}; "
        f"{number_text(stats.total)} read, {number_text(stats.held)} held, {number_text(stats.dropped)} dropped, "
        f"{number_text(stats.behind)} behind"
        f"{f'; filter: {visible(filter_text, 200)}' if filter_text else ''}"
        f"{f'; {visible(stats.note, 300)}' if stats.note else ''}"
    )


def _cells(rows: Iterable[Row], shown: Sequence[int]) -> list[tuple[str, ...]]:
    return [tuple(_cut(row.cells[index]) for index in shown) for row in rows]


def _cut(cell: str) -> str:
    return cell if len(cell) <= CELL_CHARACTERS else f"{cell[: CELL_CHARACTERS - 1]}…"
