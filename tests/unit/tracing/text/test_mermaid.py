"""The Mermaid flow chart of a trace."""

from __future__ import annotations

from traces import flow


def test_a_chart_is_bounded_and_counts_the_rest():
    chart = flow().mermaid(limit=2)
    assert chart.splitlines() == [
        "flowchart LR",
        '  n0["A / a / origin"]',
        '  n1["B / b / mirror copies/0@0"]',
        "  n0 --> n1",
        '  rest["4 more events"]',
    ]
