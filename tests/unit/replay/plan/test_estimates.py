"""Estimates count lanes, sizes, times and types of the records to send."""

from __future__ import annotations

from replay_samples import ORDERS, facts, row, table, topic

from workbench.replay import Draft, make_plan


def test_two_topics_into_one_target_get_one_lane_per_partition():
    payments = ORDERS.__class__(2, "source-cluster", "demo", "payments", "read_committed", partitions=1)
    rows = [row(1), row(2), row(1, source_id=2, topic="payments")]
    both = Draft(table(*rows), sources=[ORDERS, payments])
    plan = make_plan(both, facts(topic("copy"), targets={"orders": "copy", "payments": "copy"}))
    assert [(lane.partition, lane.records) for lane in plan.estimates.lanes] == [(0, 3)]
    assert plan.document["source"]["topics"] == ["orders", "payments"]
