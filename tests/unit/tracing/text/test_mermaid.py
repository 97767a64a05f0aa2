"""The Mermaid flow chart of a trace."""

from __future__ import annotations

import pytest
from traces import flow

from workbench.tracing.text.mermaid import entities, label


def test_a_chart_is_bounded_and_counts_the_rest():
    chart = flow().mermaid(limit=2)
    assert chart.splitlines() == [
        "flowchart LR",
        '  n0["A / a / origin"]',
        '  n1["B / b / mirror copies/0@0"]',
        "  n0 --> n1",
        '  rest["4 more events"]',
    ]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("order_placed v1.2", "order_placed v1.2"),
        ("1. first", "1#46; first"),
        ("12. late", "12#46; late"),
        ("1.5 s", "1.5 s"),
        ("- a", "#45; a"),
        ("-5", "-5"),
        ("+ b", "#43; b"),
        ("__init__", "#95;#95;init#95;#95;"),
        ("_a b_", "#95;a b#95;"),
        ("`x` **y** #1", "#96;x#96; #42;#42;y#42;#42; #35;1"),
        ("Größe", "Gr#246;#223;e"),
    ],
)
def test_labels_are_no_markdown(text, written):
    assert entities(text) == written


@pytest.mark.parametrize("text", ["", " ", "  "])
def test_a_box_without_a_visible_character_says_so(text):
    assert label(text) == "(empty)"
    assert label("end") == "end"
