"""A plan tells its amounts, samples and the facts for the panel."""

from __future__ import annotations

from dataclasses import replace

import pytest
from replay_samples import NOW_MS, RUN_ID, draft, facts, row

from workbench.model.feeds import PlanFacts
from workbench.replay import make_plan


def test_estimates():
    rows = [
        row(1, key=b"a", value=None, headers=[(b"h", b"12345")]),
        row(2, key=b"a", value=b"x" * 1000, partition=1),
        row(3, key=None, value=b"", timestamp_ms=-1, timestamp_type=-1),
    ]
    plan = make_plan(draft(*rows, records_per_s=2, bytes_per_s=100, columns={"event_type": ["t", "u", "t"]}), facts())
    estimates = plan.estimates
    assert (estimates.records, estimates.bytes) == (3, 7 + 1001)
    assert (estimates.tombstones, estimates.distinct_keys) == (1, 1)
    assert (estimates.largest_seq, estimates.largest_bytes) == (2, 1001)
    assert estimates.duration_s == pytest.approx(10.08)
    assert estimates.transactions == 2
    assert estimates.types == {"t": 2, "u": 1}
    assert (estimates.first_ms, estimates.last_ms) == (NOW_MS - 59_999, NOW_MS - 59_998)
    assert [(lane.partition, lane.records, lane.bytes) for lane in estimates.lanes] == [(0, 2, 7), (1, 1, 1001)]
    assert list(plan.counts["records"]) == [2, 1]
    assert list(plan.tombstones["offset"]) == [1]
    assert [sample.why for sample in plan.samples] == ["first", "last"]


@pytest.mark.parametrize(("ramp_s", "seconds"), [(None, 1.5), (1, 2.4), (10, 10.5), (60, 15)])
def test_a_ramp_makes_a_run_longer(ramp_s, seconds):
    plan = make_plan(draft(records_per_s=2, ramp_s=ramp_s), facts())
    assert plan.estimates.duration_s == pytest.approx(seconds)
    shown = "at most 2 records a second" + (f", a tenth of it in the first {ramp_s} s" if ramp_s in (1, 10) else "")
    assert dict(plan.view().summary)["pace"].startswith(shown)


def test_samples_show_first_last_largest_and_each_type():
    rows = [row(at, value=b"x" * (50 if at == 2 else 1)) for at in range(6)]
    plan = make_plan(draft(*rows, columns={"event_type": ["a", "a", "a", "b", None, "b"]}), facts())
    assert [(sample.why, sample.position) for sample in plan.samples] == [
        ("first", "orders/0@0"),
        ("last", "orders/0@5"),
        ("largest", "orders/0@2"),
        ("type b", "orders/0@3"),
    ]
    assert plan.samples[0].text == "key k, value x, 0 headers"
    assert [sample.why for sample in make_plan(draft(row(1)), facts()).samples] == ["first"]


def test_the_panel_gets_facts_as_text():
    plan = make_plan(draft(), facts(connection=replace(facts().connection, protected=True)))
    view = plan.view()
    assert isinstance(view, PlanFacts)
    assert (view.token, view.target, view.records, view.protected) == (plan.token, "copy", 3, True)
    assert view.refusals == ()
    assert view.lanes == (("copy/0", 3),)
    assert dict(view.summary)["run"] == RUN_ID
