"""The edges of a graph by the types of their ends, against a walk over its frame."""

from __future__ import annotations

from collections import Counter

import numpy as np
from decoded_events import event_table
from event_forests import mixed

from workbench.tracing.graph import build_graph


def test_edges_are_numbered_and_counted_by_the_types_of_their_ends():
    for table in (event_table([]), mixed(400)):
        graph = build_graph(table)
        edges, used = graph.typed_edges, graph.used_edges
        types = graph.column("event_type").to_pylist()
        pairs = [(types[cause], types[effect]) for cause, effect in zip(used.cause, used.effect, strict=True)]
        names = edges.names.to_pylist()
        assert names[-1] is None
        known = list(zip(*([names[code] for code in side.tolist()] for side in edges.pairs), strict=True))
        assert [known[place] for place in edges.place.tolist()] == pairs
        assert edges.spread.n.tolist() == [pairs.count(pair) for pair in known]
        fans = edges.fans
        place = np.repeat(np.arange(len(known)), np.diff(fans.starts))
        found = {
            (cause, known[at]): n
            for cause, at, n in zip(fans.cause.tolist(), place.tolist(), fans.n.tolist(), strict=True)
        }
        assert found == Counter(zip(used.cause.tolist(), pairs, strict=True))


def test_events_without_a_type_have_the_last_code_and_hops_without_a_time_are_zero():
    rows = [
        {"event_id": "a", "t": 5, "event_type": "A"},
        {"event_id": "b", "t": None, "timestamp_ms": -1, "causes": ["a"]},
    ]
    edges = build_graph(event_table(rows)).typed_edges
    assert edges.names.to_pylist() == ["A", None]
    for some in (None, np.zeros(1, dtype=np.int32)):
        assert [side.tolist() for side in edges.hops(some)] == [[0], [False]]
    assert edges.spread.n.tolist() == [0]
