"""The picture of lag that stays: bounded, escaped, and without lines through gaps."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.lag.picture import lag_picture

HOSTILE = "<img src=x onerror=alert(1)>"


def frame(lags: list[int | None], *, groups: tuple[str, ...] = ("billing",)) -> pd.DataFrame:
    rows = [
        (group, "orders", 0, number, pd.Timestamp(number, unit="s", tz="UTC"), lag)
        for group in groups
        for number, lag in enumerate(lags)
    ]
    made = pd.DataFrame(rows, columns=["group_id", "topic", "partition", "round_id", "at", "lag"])
    return made.astype({"lag": "Int64"})


def test_each_partition_has_a_line_and_its_newest_lag():
    drawn = lag_picture(frame([1, 5, 3], groups=("a", "b", HOSTILE)))
    assert drawn is not None
    html = drawn.render()
    assert html.count("<polyline") == 3
    assert "lag 3, at most 5" in html
    assert "<img" not in html


@pytest.mark.parametrize(("lags", "lines"), [([1, None, 3, 4], 2), ([None, 2, 3], 1), ([None, None], 0)])
def test_nothing_is_drawn_through_a_gap(lags: list[int | None], lines: int):
    drawn = lag_picture(frame(lags))
    assert drawn is not None
    assert drawn.render().count("<polyline") == lines


def test_many_samples_and_groups_stay_small():
    drawn = lag_picture(frame(list(range(5_000)), groups=tuple(f"group-{n}" for n in range(40))))
    assert drawn is not None
    assert len(drawn.render()) < 30_000


def test_one_sample_is_bars_and_what_is_lost_stands_apart():
    one = frame([None, 7], groups=("a", HOSTILE)).query("round_id == 1").assign(round_id=0, readable=5, lost=2)
    unknown = one.assign(lag=None, readable=None, lost=None).astype({"lag": "Int64"})
    drawn = lag_picture(pd.concat([one, unknown]))
    assert drawn is not None
    html = drawn.render()
    assert html.count("<rect") == 2 + 2 * 4
    assert html.count(">unknown</text>") == 2
    assert "<img" not in html
    assert lag_picture(frame([])) is None


def test_of_many_partitions_the_furthest_behind_are_drawn_and_the_others_counted():
    many = frame([1], groups=tuple(f"group-{n}" for n in range(400))).assign(readable=1, lost=0)
    drawn = lag_picture(many)
    assert drawn is not None
    assert "380 partitions less behind not drawn" in drawn.render()
    assert len(drawn.render()) < 20_000


def test_names_are_whole_where_there_is_room_and_keep_their_ends_elsewhere():
    short = lag_picture(frame([1, 2], groups=("billing-of-a-long-name-but-fits",)))
    assert short is not None
    assert ">billing-of-a-long-name-but-fits · orders/0</text>" in short.render()
    long = lag_picture(frame([1, 2], groups=("team." * 20 + "payments", "b", "c", "d", "e")))
    assert long is not None
    assert "team.payments · orders/0</text>" in long.render()
    assert "1 partition less behind not drawn" in long.render()


def test_a_group_without_a_partition_is_not_drawn():
    made = frame([1])
    assert lag_picture(made.assign(partition=pd.NA)) is None
