"""Estimates count lanes, sizes, times and types of the records to send."""

from __future__ import annotations

from replay_samples import ORDERS, draft, facts, row, table, topic

from workbench.buffers import mapped
from workbench.replay import Draft, make_plan


def test_two_topics_into_one_target_get_one_lane_per_partition():
    payments = ORDERS.__class__(2, "source-cluster", "demo", "payments", "read_committed", partitions=1)
    rows = [row(1), row(2), row(1, source_id=2, topic="payments")]
    both = Draft(table(*rows), sources=[ORDERS, payments])
    plan = make_plan(both, facts(topic("copy"), targets={"orders": "copy", "payments": "copy"}))
    assert [(lane.partition, lane.records) for lane in plan.estimates.lanes] == [(0, 3)]
    assert plan.document["source"]["topics"] == ["orders", "payments"]


def test_estimates_are_the_same_in_steps_of_any_size(monkeypatch):
    rows = [row(at, partition=at % 2, timestamp_ms=1000 - at if at > 1 else -1, value=b"v" * at) for at in range(7)]

    def found(step: int) -> object:
        monkeypatch.setattr(mapped, "_STEP_NUMBERS", step)
        plan = make_plan(draft(*rows), facts())
        return plan.estimates

    assert found(1) == found(3) == found(500)
    lanes = make_plan(draft(*rows), facts()).estimates.lanes
    counted = [(lane.partition, lane.records, lane.bytes, lane.first_ms, lane.last_ms) for lane in lanes]
    assert counted == [(0, 4, 16, 994, 998), (1, 3, 12, 995, 997)]
