"""The lag chart: a gap stays a gap, hostile names stay text, and the worst partitions are drawn."""

from __future__ import annotations

import pytest

from workbench.lag import lag_frame
from workbench.lag.figure import PANELS, lag_figure
from workbench.model import GroupInfo
from workbench.model.lag import CommitSample, LagRound, OffsetSample

HOSTILE = "<img src=x onerror=alert(1)>"


def history(seconds: list[int], partitions: int = 1, group: str = "g") -> list[LagRound]:
    return [
        LagRound(
            s * 1000, "c", s * 1000, s * 1000, s * 1000, s * 1000, s * 1000, 10_000,
            tuple(OffsetSample("t", n, 0, 100 + s * n, 100 + s * n) for n in range(partitions)),
            tuple(CommitSample(group, "t", n, 90) for n in range(partitions)),
            (GroupInfo(group, "Stable", "classic", "consumer", 1),),
        )
        for s in seconds
    ]  # fmt: skip


def test_a_missing_round_is_a_gap():
    figure = lag_figure(lag_frame(history([0, 10, 20, 60, 70])))
    lag = next(trace for trace in figure.data if trace.name == "lag")
    assert list(lag.y) == [10, 10, 10, None, 10, 10]
    assert lag.connectgaps is False


def test_the_partitions_furthest_behind_are_drawn():
    figure = lag_figure(lag_frame(history([0, 10], partitions=PANELS + 3)))
    titles = [note.text for note in figure.layout.annotations]
    assert titles == [f"g · t/{n}" for n in range(PANELS + 2, 2, -1)]


@pytest.mark.parametrize("seconds", [[0], [0, 10]])
def test_hostile_names_are_escaped(seconds):
    text = lag_figure(lag_frame(history(seconds, group=HOSTILE)), title=HOSTILE).to_json()
    assert "<img" not in text


def test_one_round_is_bars_and_none_says_so():
    figure = lag_figure(lag_frame(history([0])))
    assert [trace.type for trace in figure.data] == ["bar", "bar"]
    assert "no consumer group" in lag_figure(lag_frame([])).layout.title.text
