"""Columns of the live table as the view gets them, and what a browser may change about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench.errors import ValidationError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.feeds import Column

LEAST_PX = 36
MOST_PX = 2_000


def column_dicts(columns: Sequence[Column], shown: Sequence[str] | None) -> list[dict[str, Any]]:
    """Describe the columns for the view.

    Args:
        columns: All columns of the feed.
        shown: Names of those to show; by default those that the feed does not hide.

    Raises:
        ValidationError: A name is no column; it names those that there are.
    """
    names = [column.name for column in columns]
    unknown = [name for name in shown or () if name not in names]
    if unknown or (shown is not None and not shown):
        wrong = f"There is no column {unknown[0]!r}" if unknown else "No column was chosen"
        raise ValidationError(f"{wrong}; the table has {', '.join(names)}.")
    return [
        {
            "name": column.name,
            "title": visible(column.title, 60),
            "width": column.width_px,
            "numeric": column.numeric,
            "grow": column.grow,
            "ends": column.ends,
            "hidden": column.hidden if shown is None else column.name not in shown,
        }
        for column in columns
    ]


def checked_columns(value: object, present: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Take widths and visibility from what a browser sent, and everything else from the present columns."""
    sent = {str(one.get("name")): one for one in value if isinstance(one, Mapping)} if isinstance(value, list) else {}
    columns = []
    for column in present:
        changed = sent.get(column["name"], {})
        width, hidden = changed.get("width"), changed.get("hidden")
        if not isinstance(width, int | float) or isinstance(width, bool) or not LEAST_PX <= width <= MOST_PX:
            width = column["width"]
        if not isinstance(hidden, bool):
            hidden = column["hidden"]
        columns.append({**column, "width": int(width), "hidden": hidden})
    # A table without columns could not be used any more.
    return columns if not all(column["hidden"] for column in columns) else [dict(column) for column in present]
