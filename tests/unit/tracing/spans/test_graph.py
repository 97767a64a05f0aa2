"""Spans of a real shop (Online Boutique): the counts that their source states."""

from __future__ import annotations

import pytest
from online_boutique import FILE

import workbench as wb


@pytest.mark.skipif(not FILE.exists(), reason=f"needs the spans of Online Boutique at {FILE}")
def test_the_online_boutique_has_the_counts_of_its_source():
    trace = wb.open_trace(FILE)
    frame = trace.frame
    assert len(trace) == 5321
    assert frame["correlation_id"].nunique() == len(trace.roots) == 116
    assert (frame["source"].nunique(), frame["event_type"].nunique()) == (10, 43)
    assert len(trace.unresolved) == 0
    assert frame["correlation_id"].value_counts().agg(["min", "max"]).to_list() == [1, 85]
    assert int((trace.edges["hop_us"] < 0).sum()) == 8
    ends = wb.open_trace(FILE, at="end").edges
    assert int((ends["hop_us"] > 0).sum()) == 447
