"""Frames of a graph: keys for people, fixed dtypes, NA where unknown."""

from __future__ import annotations

import pandas as pd
from traces import flow, graph_of

from workbench.tracing.tables import copy_counts, edge_frame, event_frame


def test_events_are_named_by_key_and_unknown_numbers_are_na():
    frame = event_frame(flow().data).set_index("key")
    assert frame["binding"].fillna("-").to_list() == ["-", "a", "b", "c", "-", "-"]
    assert frame["hop_us"].to_list() == [pd.NA, 10, 10, 10, pd.NA, pd.NA]
    assert frame["kind"].to_list() == ["origin", "inner", "inner", "inner", "orphan", "orphan"]
    assert frame["copies"].to_list() == copy_counts(flow().data).tolist() == [0, 1, 0, 0, 0, 0]
    assert str(frame["t"].dtype) == "datetime64[us, UTC]"


def test_a_hop_from_or_to_an_unknown_time_is_na():
    graph = graph_of({"event_id": "a"}, {"event_id": "b", "t": 5, "causes": ["a"]}).data
    assert event_frame(graph)["hop_us"].isna().all()
    assert edge_frame(graph)["hop_us"].isna().all()
    assert edge_frame(graph)["via"].notna().all()
