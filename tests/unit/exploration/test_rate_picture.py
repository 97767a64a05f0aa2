"""The picture of events over time: bounded, escaped, and with every event in it."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from workbench.exploration.rate_picture import rate_picture

HOSTILE = "<img src=x onerror=alert(1)>"


def drawn(counts, *, width_ms=1_000, by="topic"):
    """Rows: second, value, events."""
    frame = pd.DataFrame(counts, columns=["second", "topic", "events"])
    frame["at"] = pd.to_datetime(frame.pop("second"), unit="s", utc=True)
    totals = frame.groupby("topic")["events"].sum().sort_values(ascending=False).reset_index()
    picture = rate_picture(frame, totals, by=by, width_ms=width_ms)
    return "" if picture is None else picture.render()


def bars(html):
    return [path.count("M") for path in re.findall(r'<path d="([^"]*)" fill', html)]


def test_each_value_is_one_path_of_bars_and_one_entry_of_the_legend():
    html = drawn([(0, "a", 3), (1, "a", 1), (1, HOSTILE, 2), (5, "b", 4)])
    assert bars(html) == [2, 1, 1]
    assert html.count("<rect") == 3
    assert "<img" not in html
    assert "events per 1 s" in html
    assert ">1970-01-01 00:00:00Z</text>" in html


def test_the_lines_are_round_and_reach_the_highest_bar():
    html = drawn([(0, "a", 300), (0, "b", 41)])
    assert re.findall(r">([\d,]+)</text>", html) == ["0", "100", "200", "300", "400"]
    assert min(float(y) for y in re.findall(r"V(\d+\.\d)H", html)) >= 24


def test_of_many_buckets_neighbours_are_drawn_as_one():
    html = drawn([(n, "a", 1) for n in range(10_000)])
    assert bars(html)[0] <= 240
    assert len(html) < 20_000
    assert "events per 42 s" in html


def test_many_values_are_folded_and_without_a_column_there_is_no_legend():
    html = drawn([(n, f"t{n}", 1) for n in range(40)])
    assert html.count("<rect") == 11
    assert "30 other values" in html
    assert "<rect" not in drawn([(0, "all", 5)], by=None)


@pytest.mark.parametrize("seconds", [0, 0.2, 60, 3 * 86_400, 10 * 31_536_000])
def test_any_span_of_time_has_readable_times(seconds):
    html = drawn([(0, "a", 1), (seconds, "a", 1)], width_ms=100)
    assert len(re.findall(r">[^<]*\d\d:\d\d:\d\d[^<]*Z</text>", html)) == 5


def test_nothing_is_drawn_without_events():
    assert drawn([]) == ""
