"""A plan is a pure function of draft and facts; its hash covers every option and every bit."""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

import pytest
from replay_samples import RUN_ID, draft, facts, group, row

from workbench.errors import ReplayRefused
from workbench.replay import Draft, Options, make_plan, plan_from_json
from workbench.replay.plan import planning
from workbench.replay.records.digest import plan_hash


def vector_draft(**options: Any) -> Draft:
    rows = [row(10 + at, timestamp_ms=1_700_000_000_000 + at, value=b"v%d" % at) for at in range(3)]
    return draft(*rows, **options)


def test_the_reference_plan_is_part_of_ours():
    plan = make_plan(vector_draft(records_per_s=100), facts(to=None, cluster_id="demo"))
    ours = dict(plan.document)
    more = {name: ours.pop(name) for name in ("limits", "on_error", "overrides", "writer")}
    assert more["limits"] == {"max_bytes": 1 << 30, "max_hops": 2, "max_records": 10_000}
    assert set(ours["target"].pop("create")) == {"orders.replay.6f1d2c3b"}
    assert ours["rate"].pop("pace") is None
    ours["rate"]["pace"] = [4, 1]
    assert plan_hash(ours) == "be9f0e351983aa54f9a85214f11b7fdc7bf671951fa12b8aa93f86dc7d631acf"


def test_the_same_input_gives_the_same_plan():
    first, second = make_plan(vector_draft(), facts()), make_plan(vector_draft(), facts())
    assert (first.hash, first.document) == (second.hash, second.document)
    assert first.token == first.hash[:8]
    assert first.run_id == RUN_ID


CHANGED: dict[str, Any] = {
    "mode": "stimulus",
    "ids": "new",
    "boundary": "keep",
    "also": ["payload.parent_id"],
    "trace": "strip",
    "schema_ids": {17: 4},
    "partitions": "murmur2",
    "timestamps": "now",
    "headers": "exact",
    "clean_headers": ["trace"],
    "order": "timestamp",
    "records_per_s": 7,
    "bytes_per_s": 7,
    "ramp_s": 10,
    "speed": 2,
    "max_gap_ms": 7,
    "brake_groups": ["x"],
    "brake_lag": 7,
    "brake_topics": ["x"],
    "brake_growth": 7,
    "max_records": 11_000,
    "max_bytes": 1 << 20,
    "max_hops": 3,
    "writer": "idempotent",
    "compression": "zstd",
    "on_error": "skip_record",
    "skip_refused": True,
    "allow_same_topic": True,
    "create_target": True,
    "accept_groups": ["x"],
    "accept_uncommitted": True,
    "accept_expiry": True,
    "accept_repeats": True,
    "accept_cycle": True,
}
BESIDE = {
    "boundary": {"ids": "new"},
    "also": {"ids": "new"},
    "clean_headers": {"headers": "clean"},
    "max_gap_ms": {"speed": 2},
    "brake_lag": {"brake_groups": ["x"]},
    "brake_growth": {"brake_topics": ["x"]},
}
"""What an option needs to have an effect."""


def test_no_option_is_left_out_of_the_next_test():
    assert set(CHANGED) == {option.name for option in fields(Options)}


@pytest.mark.parametrize("name", CHANGED)
def test_every_option_and_override_changes_the_hash(name):
    others = BESIDE.get(name, {})
    changed = make_plan(vector_draft(**others, **{name: CHANGED[name]}), facts())
    assert changed.hash != make_plan(vector_draft(**others), facts()).hash


@pytest.mark.parametrize("change", [{"value": b"w"}, {"key": None}, {"headers": [(b"a", b"")]}, {"timestamp_type": 1}])
def test_every_bit_of_a_record_changes_the_hash(change):
    assert make_plan(draft(row(1, **change)), facts()).hash != make_plan(draft(row(1)), facts()).hash


def test_of_very_many_ranges_that_are_left_out_the_plan_has_the_digest(monkeypatch):
    rows = [row(at, headers=[(b"\xff", b"")] if at in (2, 3, 5) else []) for at in range(8)]
    few = make_plan(draft(*rows, skip_refused=True), facts())
    assert few.document["left_out"] == [[2, 3], [5, 5]]
    monkeypatch.setattr(planning, "_MOST_RANGES", 1)
    many = make_plan(draft(*rows, skip_refused=True), facts())
    assert many.document["left_out"]["ranges"] == 2
    assert plan_from_json(json.loads(json.dumps(many.to_json())), draft(*rows)).hash == many.hash
    rows[5] = row(5)
    assert make_plan(draft(*rows, skip_refused=True), facts()).document["left_out"] == [[2, 3]]


def test_a_plan_from_the_journal_is_the_same_or_refused():
    planned = make_plan(vector_draft(partitions={0: 2}, records_per_s=2.5), facts(groups=(group(),)))
    stored = json.loads(json.dumps(planned.to_json()))
    again = plan_from_json(stored, vector_draft())
    assert (again.hash, again.facts, again.options) == (planned.hash, planned.facts, planned.options)
    with pytest.raises(ReplayRefused, match="G-7"):
        plan_from_json(stored, draft(row(10)))
    for broken in ({"options": None}, {"options": {**stored["options"], "later": 1}}, {"facts": {}}, {"facts": []}):
        with pytest.raises(ReplayRefused, match="G-7: the journaled plan cannot be read"):
            plan_from_json({**stored, **broken}, vector_draft())
    with pytest.raises(ReplayRefused, match="G-7: the journaled plan cannot be read"):
        plan_from_json({name: part for name, part in stored.items() if name != "hash"}, vector_draft())
    stored["facts"]["targets"] = {"orders": "elsewhere"}
    stored["facts"]["topics"][0]["name"] = "elsewhere"
    with pytest.raises(ReplayRefused, match="G-7"):
        plan_from_json(stored, vector_draft())
