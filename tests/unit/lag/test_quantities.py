"""The arithmetic vectors of one sample, and what is said where a value is absent."""

from __future__ import annotations

import pandas as pd
import pytest

from workbench.lag import COLUMNS, LagResult, group_totals, lag_frame
from workbench.model import GroupInfo
from workbench.model.lag import CommitSample, LagRound, OffsetSample


def taken(*rows: tuple[int | None, int | None, int | None, int | None], at_ms: int = 1_000, error: str | None = None):
    """One round: committed, low, lso, high for partitions 0, 1, … of one group."""
    return LagRound(
        at_ms, "c", at_ms, at_ms, at_ms, at_ms, at_ms, None,
        tuple(OffsetSample("t", n, low, lso, high, 1) for n, (_, low, lso, high) in enumerate(rows)),
        tuple(CommitSample("g", "t", n, c, error=error) for n, (c, *_) in enumerate(rows)),
        (GroupInfo("g", "Stable", "classic", "consumer", 1),),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param((100, 250, 400, 400), {"lag": 300, "lost": 150, "readable": 150}, id="A1"),
        pytest.param(
            (400, 0, 400, 400), {"lag": 0, "lost": 0, "readable": 0, "held": 0, "lag_committed": 0}, id="A2",
        ),
        pytest.param((390, 0, 395, 400), {"lag": 10, "lag_committed": 5, "held": 5}, id="A3"),
        pytest.param((410, 0, 400, 400), {"lag": 0, "ahead": 10}, id="A5"),
        pytest.param((250, 250, 400, 400), {"lag": 150, "lost": 0, "readable": 150, "margin": 0}, id="A6"),
    ],
)  # fmt: skip
def test_vectors(row, expected):
    frame = lag_frame(taken(row))
    assert {name: frame.loc[0, name] for name in expected} == expected
    assert pd.isna(frame.loc[0, "reason"])


def test_a4_a_missing_commit_is_no_lag_of_zero():
    frame = lag_frame(taken((None, 0, 400, 400)))
    assert pd.isna(frame.loc[0, "lag"])
    assert frame.loc[0, "reason"] == "no-commit"
    assert (frame.loc[0, "lag_if_at_end"], frame.loc[0, "lag_if_at_start"]) == (0, 400)


def test_retention_use():
    assert lag_frame(taken((100, 0, 400, 400))).loc[0, "retention_use"] == pytest.approx(0.75)
    assert lag_frame(taken((100, 250, 400, 400))).loc[0, "retention_use"] == pytest.approx(2.0)
    assert pd.isna(lag_frame(taken((400, 400, 400, 400))).loc[0, "retention_use"])


def test_dtypes_do_not_depend_on_the_values():
    wanted = {name: str(kind) for name, kind in COLUMNS.items()}
    for frame in (lag_frame([]), lag_frame(taken((None, None, None, None))), lag_frame(taken((1, 0, 2, 2)))):
        assert {name: str(kind) for name, kind in frame.dtypes.items()} == wanted


def test_an_error_is_the_reason_and_is_counted_beside_the_sum():
    frame = lag_frame(taken((5, 0, 9, 9), (None, 0, 9, 9)))
    totals = group_totals(frame)
    assert totals.loc[0, ["lag", "unknown", "partitions"]].tolist() == [4, 1, 2]
    unread = lag_frame(taken((None, 0, 9, 9), error="not authorised"))
    assert unread.loc[0, "reason"] == "not authorised"
    assert pd.isna(group_totals(unread).loc[0, "lag"])
    assert unread.attrs["provenance"][0]["errors"] == ["group g on t/0: not authorised"]


def test_totals_are_of_the_newest_round():
    frame = lag_frame([taken((0, 0, 9, 9)), taken((7, 0, 9, 9), at_ms=2_000)])
    assert len(frame) == 2
    assert group_totals(frame).loc[0, "lag"] == 2


@pytest.mark.parametrize(("committed", "low", "end"), [(500, 0, 10), (3, 0, 0), (11, 5, 10)])
def test_a_commit_ahead_of_the_log_shows_wherever_lag_is_shown(committed, low, end):
    result = LagResult([taken((committed, low, end, end))])
    ahead = committed - end
    assert result.groups.loc[0, ["lag", "lost", "ahead"]].tolist() == [0, 0, ahead]
    for shown in (repr(result), result._repr_html_()):
        assert "ahead" in shown
        assert str(ahead) in shown
