"""A stimulus holds the roots of a selection only."""

from __future__ import annotations

import json

import pytest

import workbench as wb
from workbench.errors import ConfigurationError
from workbench.model import NewRecord
from workbench.replay.expected_effects import ExpectedEffects


def event(at, cause):
    metadata = {"source": "shop", "correlation_id": "k1", "causation_id": cause}
    body = {"event_id": f"e{at}", "event_type": "t", "timestamp": "2026-01-01T00:00:00Z", "metadata": metadata}
    return NewRecord("orders", b"k", json.dumps(body).encode(), (), 0, 1_700_000_000_000 + at)


async def test_the_roots_of_a_selection_are_sent(tmp_path):
    async with await wb.connect("memory://stimulus", write=True, reason="test") as cluster:
        await cluster.log.create_topic("orders", partitions=1, config={"retention.ms": "-1"})
        async with cluster.log.writer() as writer:
            await writer.send([event(1, None), event(2, "e1"), event(3, "e2"), event(4, "e3")])
        with await cluster.capture("orders", into=tmp_path / "flow.duckdb", progress=False) as snap:
            draft = snap.replay("offset <> 2", mode="stimulus")
            assert draft.records["offset"].to_pylist() == [0, 3], "e4 was caused by e3, which is not selected"
            assert "2 roots of 3 records" in repr(draft)
            assert snap.replay(snap.graph).records["caused"].to_pylist() == [False, True, True, True]
            with pytest.raises(ConfigurationError, match="A stimulus is a selection of its own"):
                snap.replay("true").replace(mode="stimulus")
            assert draft.expected == ExpectedEffects((("t", "t", 0.75),), outside=1, cut=1)
            plan = await cluster.plan(draft)
            assert "expected effects: t → t 75%" in repr(plan)
            assert "not selected: 1 effect of selected events; 1 cause of selected events" in repr(plan)
            assert "expected effects" not in repr(await cluster.plan(snap.replay("true")))
            report = await cluster.run(plan, confirm=plan.token)
            assert report.state == "verified", repr(report)
            assert plan.document["mode"] == "stimulus"
