"""Edges as columns."""

from __future__ import annotations

import numpy as np

from workbench.tracing.graph.edges import AMBIGUOUS, COPY, EXPLICIT, HINT, SPAN, Edges


def test_explicit_and_span_edges_are_used_and_nothing_causes_itself():
    edges = Edges.undeclared(np.array([0]), np.array([1]), EXPLICIT)
    for kind in (SPAN, COPY, AMBIGUOUS, HINT):
        edges += Edges.undeclared(np.array([0, 2]), np.array([1, 2]), kind)
    assert len(edges) == 5
    assert edges.used().tolist() == [True, True, False, False, False]
    assert edges.is_hint().tolist() == [False] * 4 + [True]
    assert edges.kind_texts().to_list() == ["explicit", "span", "copy", "ambiguous", "hint"]
    assert edges.pick(edges.used()).rank.tolist() == [-1, -1]
