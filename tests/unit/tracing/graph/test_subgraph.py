"""Subgraphs: what is kept, renumbered and noted as cut."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from traces import flow

from workbench.tracing.graph.subgraph import subgraph
from workbench.tracing.trace import Trace

WHOLE = flow()


@given(st.lists(st.booleans(), min_size=6, max_size=6))
@settings(max_examples=64, deadline=None)
def test_any_choice_keeps_its_events_and_notes_every_edge_it_cuts(chosen):
    part = Trace(subgraph(WHOLE.data, np.array(chosen), "a choice"))
    kept = {key for key, keep in zip(WHOLE.frame["key"], chosen, strict=True) if keep}
    assert set(part.frame["key"]) == kept
    edges = {tuple(edge) for edge in WHOLE.edges[["cause", "effect"]].to_numpy()}
    inside = {edge for edge in edges if set(edge) <= kept}
    cut = {edge for edge in edges if len(set(edge) & kept) == 1}
    assert {tuple(edge) for edge in part.edges[["cause", "effect"]].to_numpy()} == inside
    assert len(part.outside) == len(cut) == sum(part.boundary())
    assert part.boundary()[0] == (part.unresolved["reason"] == "outside_selection").sum()
    assert (part.summary, WHOLE.summary) == ("a choice", "the whole snapshot")
    assert len(WHOLE) == 6
