"""The lag chart: a gap stays a gap, hostile names stay text, and the worst partitions are drawn."""

from __future__ import annotations

import pytest

from workbench.lag import lag_frame
from workbench.lag.figure import BARS, PANELS, lag_figure, waiting_figure
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
    assert titles == [f"g<br>t/{n}" for n in range(PANELS + 2, 2, -1)]


@pytest.mark.parametrize("seconds", [[0], [0, 10]])
def test_hostile_names_are_escaped(seconds):
    text = lag_figure(lag_frame(history(seconds, group=HOSTILE)), title=HOSTILE).to_json()
    assert "<img" not in text


def test_one_round_is_bars_and_none_says_so():
    figure = lag_figure(lag_frame(history([0])))
    assert [trace.type for trace in figure.data] == ["bar", "bar"]
    assert "no consumer group" in lag_figure(lag_frame([])).layout.title.text


def test_before_the_first_sample_the_chart_waits():
    figure = waiting_figure()
    assert "waiting for the first sample" in figure.layout.title.text
    assert figure.layout.xaxis.visible is False


@pytest.mark.parametrize("groups", [1, 4, 40])
def test_the_legend_is_below_the_axes_and_titles_keep_their_ends(groups):
    rounds = [round_ for n in range(groups) for round_ in history([0, 10], group=f"{'long.' * 12}group-{n:02}")]
    figure = lag_figure(lag_frame(sorted(rounds, key=lambda one: one.round_id)))
    assert figure.layout.legend.yref == "container"
    assert all("group-" in note.text for note in figure.layout.annotations)
    assert max(len(part) for note in figure.layout.annotations for part in note.text.split("<br>")) < 36


def test_what_is_not_drawn_is_said_in_the_title():
    rounds = history([0, 10], partitions=PANELS + 3)
    assert "the 4 furthest behind of 7 partitions" in lag_figure(lag_frame(rounds)).layout.title.text
    assert lag_figure(lag_frame(rounds[:1])).layout.title.text == "Consumer lag"
    many = lag_figure(lag_frame(history([0], partitions=BARS + 2)))
    assert "the 40 furthest behind of 42 partitions" in many.layout.title.text
