from __future__ import annotations

from typing import Any

import pytest

from workbench.errors import ValidationError
from workbench.model.feeds import Column
from workbench.widgets.live_tail.columns import checked_columns, column_dicts

COLUMNS = (Column("time", "Time", 100), Column("id", "Id", 80, hidden=True), Column("value", "Value", 300, grow=True))


def hidden(columns: list[dict[str, Any]]) -> list[bool]:
    return [column["hidden"] for column in columns]


def test_a_feed_hides_columns_and_a_list_of_names_decides() -> None:
    assert hidden(column_dicts(COLUMNS, None)) == [False, True, False]
    assert hidden(column_dicts(COLUMNS, ["id"])) == [True, False, True]


@pytest.mark.parametrize("shown", [["colour"], ["time", "colour"], []])
def test_a_wrong_choice_names_the_columns(shown: list[str]) -> None:
    with pytest.raises(ValidationError, match="time, id, value"):
        column_dicts(COLUMNS, shown)


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "time",
        [],
        [7],
        [{"name": "time", "width": 10**9}],
        [{"name": "time", "width": "9"}],
        [{"name": "time", "width": True, "hidden": "yes"}],
        [{"name": "time", "width": float("nan")}],
        [{"name": "time", "hidden": True}, {"name": "value", "hidden": True}],
        [{"name": "other", "title": "<b>"}, {"name": "time", "title": "<b>", "numeric": True}],
    ],
)
def test_what_a_browser_may_not_change_stays(sent: object) -> None:
    present = column_dicts(COLUMNS, None)
    assert checked_columns(sent, present) == present


def test_widths_and_visibility_are_taken() -> None:
    sent = [{"name": "id", "hidden": False, "width": 140.0}, {"name": "value", "hidden": True}]
    changed = checked_columns(sent, column_dicts(COLUMNS, None))
    assert hidden(changed) == [False, False, True]
    assert [column["width"] for column in changed] == [100, 140, 300]
