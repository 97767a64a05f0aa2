"""Timing profile: the example of section 10, both rules, another set of events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from decoded_events import event_table
from order_flow import trace_of_lists
from traces import trace_of


def hops(*lengths: int):
    rows = []
    for n, length in enumerate(lengths):
        rows += [[f"a{n}", n * 1000, [], f"k{n}", "A", ""], [f"b{n}", n * 1000 + length, [f"a{n}"], f"k{n}", "B", ""]]
    return trace_of_lists(rows)


def test_the_example_of_section_10():
    profile = hops(100, 102, 98, 101, 99).timing_profile(least_n=5)
    (row,) = profile.frame.to_dict("records")
    found = [row[name] for name in ("mean_us", "std_us", "median_us", "mad_us", "limit_us")]
    assert found == pytest.approx([100.0, 1.5811, 100.0, 1.0, 108.8956], abs=5e-5)
    other = hops(140, 108)
    late = profile.late(other.data)
    assert late.frame["hop_us"].to_list() == [140]
    assert late.frame["score"].to_list() == pytest.approx([25.2982], abs=5e-5)
    assert profile.late(other.data, "deviation").frame["hop_us"].to_list() == [140]
    for rule in ("robust", "deviation"):
        assert profile.late(hops(108).data, rule).frame.empty
    lowered = replace(profile, frame=profile.frame.assign(limit_us=107))
    assert lowered.late(hops(108).data).frame["score"].to_list() == pytest.approx([5.0596], abs=5e-5)
    assert "late above 109 µs" in repr(profile)
    assert "late: 1 hop" in repr(late)


def test_without_spread_any_difference_and_the_p99_count():
    profile = hops(*[100] * 20).timing_profile()
    assert profile.late(hops(101).data).frame["hop_us"].to_list() == [101]
    assert profile.late(hops(99).data, "deviation").frame["hop_us"].to_list() == [99]
    same = hops(*[100] * 20)
    assert "(by a profile of the same events)" in repr(same.timing_profile().late(same.data))


def test_few_hops_and_none():
    assert hops(1, 2, 3).timing_profile().frame.empty
    empty = trace_of(event_table([]))
    assert empty.timing_profile().late(empty.data).frame.empty
