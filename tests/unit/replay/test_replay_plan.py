"""Plans: their document and hash, estimates, warnings, provenance headers, and how they are shown."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from replay_samples import NOW_MS, ORDERS, RUN_ID, draft, facts, group, row, topic

from workbench.errors import ReplayRefused
from workbench.model.feeds import PlanFacts
from workbench.replay import Draft, TargetFacts, make_plan, plan_from_json
from workbench.replay.records.digest import plan_hash
from workbench.text import iso_text


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


@pytest.mark.parametrize(
    "change",
    [
        {"timestamps": "now"},
        {"headers": "exact"},
        {"partitions": "murmur2"},
        {"order": "timestamp"},
        {"records_per_s": 7},
        {"max_hops": 3},
        {"writer": "idempotent"},
        {"on_error": "skip_record"},
        {"accept_groups": ["x"]},
        {"accept_expiry": True},
        {"skip_refused": True},
    ],
)
def test_every_option_changes_the_hash(change):
    assert make_plan(vector_draft(**change), facts()).hash != make_plan(vector_draft(), facts()).hash


@pytest.mark.parametrize("change", [{"value": b"w"}, {"key": None}, {"headers": [(b"a", b"")]}, {"timestamp_type": 1}])
def test_every_bit_of_a_record_changes_the_hash(change):
    assert make_plan(draft(row(1, **change)), facts()).hash != make_plan(draft(row(1)), facts()).hash


def test_a_plan_from_the_journal_is_the_same_or_refused():
    planned = make_plan(vector_draft(partitions={0: 2}, records_per_s=2.5), facts(groups=(group(),)))
    stored = json.loads(json.dumps(planned.to_json()))
    again = plan_from_json(stored, vector_draft())
    assert (again.hash, again.facts, again.options) == (planned.hash, planned.facts, planned.options)
    with pytest.raises(ReplayRefused, match="G-7"):
        plan_from_json(stored, draft(row(10)))
    stored["facts"]["targets"] = {"orders": "elsewhere"}
    stored["facts"]["topics"][0]["name"] = "elsewhere"
    with pytest.raises(ReplayRefused, match="G-7"):
        plan_from_json(stored, vector_draft())


def test_facts_survive_the_journal():
    found = facts(groups=(group(),), unclear_groups=("u",), in_doubt=("r",))
    assert TargetFacts.from_json(json.loads(json.dumps(found.to_json()))) == found


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


def warnings_of(plan):
    return "\n".join(plan.warnings)


def test_a_plain_plan_warns_of_nothing():
    assert make_plan(draft(), facts()).warnings == ()


def test_warnings():
    compacted = facts(topic(cleanup__policy="compact"))
    tombstones = [row(1, value=None), row(2, value=None), row(3)]
    text = warnings_of(make_plan(draft(*tombstones), compacted))
    assert "2 records are tombstones, of 1 key; on a compacted target each deletes its key." in text
    assert "copy is compacted: the values sent become the newest of their keys." in text
    twice = {"event_id": ["e", "e", "f"]}
    assert "1 event id occur more than once: e." in warnings_of(make_plan(draft(columns=twice), facts()))
    append = facts(topic(message__timestamp__type="LogAppendTime"))
    assert "copy overwrites timestamps (LogAppendTime)" in warnings_of(make_plan(draft(), append))
    untimed = draft(row(1, timestamp_ms=-1, timestamp_type=-1), row(2))
    assert "1 record have no timestamp" in warnings_of(make_plan(untimed, facts()))
    assert "copy has 5 partitions, its source 3." in warnings_of(make_plan(draft(), facts(topic(partitions=5))))
    unknown = replace(ORDERS, partitions=None)
    assert "partition count of the source of copy is not known" in warnings_of(
        make_plan(draft(source=unknown), facts())
    )
    hashed = warnings_of(make_plan(draft(row(1, key=None), partitions="crc32"), facts()))
    assert "not confirmed that the source's producers partition by crc32" in hashed
    assert "1 record have no key and are spread round robin." in hashed
    onex = {"convention": ["onex", "onex", None], "event_id": ["order-17", RUN_ID, "order-18"]}
    text = warnings_of(make_plan(draft(columns=onex), facts()))
    assert "1 record carry event ids that are no UUIDs" in text
    assert "the selection mixes conventions: onex, unrecognised." in text
    mortal = draft(row(1, headers=[(b"ttl_seconds", b"30")]), row(2, headers=[(b"ttl_seconds", b"86400")]))
    assert "the time to live of 1 record has passed" in warnings_of(make_plan(mortal, facts()))
    live = facts(groups=(group(),))
    assert "may see attempts that were aborted" in warnings_of(make_plan(draft(accept_groups=["billing"]), live))
    gaps = replace(ORDERS, gaps=2)
    assert "the capture of orders has 2 gaps." in warnings_of(make_plan(draft(source=gaps), facts()))
    imported = replace(ORDERS, isolation="unknown")
    assert "how orders was read is not known" in warnings_of(make_plan(draft(source=imported), facts()))
    unclear = facts(unclear_groups=("moving",))
    assert "whether these groups read the target could not be seen: moving" in warnings_of(make_plan(draft(), unclear))
    blind = facts(replace(topic(), config={}, config_known=False))
    assert "could not be read, so these were not checked: retention.ms (G-11)" in warnings_of(make_plan(draft(), blind))


def test_provenance_headers():
    marks = [
        (b"keep", b"1"),
        (b"x-replay-id", b"run-9"),
        (b"x-replay-chain", ",".join(f"run-{n}" for n in range(9)).encode()),
        (b"x-replay-count", b"1"),
        (b"x-replay-original-timestamp", b"42/append"),
        (b"x-replay-original-event-id", b"e-0"),
        (b"x-replay-unheard-of", b"?"),
        (b"keep", None),
    ]
    plan = make_plan(draft(row(7, headers=marks, timestamp_type=1), columns={"correlation_id": ["c-1"]}), facts())
    headers = plan.records.target_headers(0, 1_767_225_600_007)
    assert headers[:2] == ((b"keep", b"1"), (b"keep", None))
    added = dict(headers[2:])
    assert len(added) == len(headers) - 2
    assert added == {
        b"x-replay-id": RUN_ID.encode(),
        b"x-replay-seq": b"0",
        b"x-replay-of": b"demo/orders/0/7",
        b"x-replay-count": b"2",
        b"x-replayed-at": b"2026-01-01T00:00:00.007Z",
        b"x-replayed-by": plan.records.product.encode(),
        b"x-replay-mode": b"recording",
        b"x-replay-original-timestamp": b"42/append",
        b"x-replay-original-event-id": b"e-0",
        b"x-replay-chain": ",".join(f"run-{n}" for n in range(2, 10)).encode(),
        b"x-replay-correlation-id": b"c-1",
    }
    imported = make_plan(draft(row(7, cluster=None)), facts()).records.target_headers(0, NOW_MS)
    assert dict(imported)[b"x-replay-of"] == b"unknown/orders/0/7"
    fresh = make_plan(draft(row(7, timestamp_type=1)), facts()).records.target_headers(0, NOW_MS)
    assert dict(fresh)[b"x-replay-original-timestamp"] == b"%d/append" % (NOW_MS - 60_000 + 7)
    assert b"x-replay-chain" not in dict(fresh)
    exact = make_plan(draft(row(7, headers=marks), headers="exact"), facts())
    assert exact.records.target_headers(0, NOW_MS) == tuple(marks)


def test_bounds_of_sizes_hold_for_every_record():
    rows = [row(at, headers=[(b"n", b"x" * at)] * at, value=b"v" * (at * 37)) for at in range(40)]
    rows.append(row(99, headers=[(b"x-replay-chain", b"r" * 5000), (b"x-replay-original-event-id", b"e" * 3000)]))
    plan = make_plan(draft(*rows, columns={"correlation_id": ["c" * at for at in range(41)]}), facts())
    records = plan.records
    assert all(records.batch_size(seq) <= records.batch_bounds[seq] for seq in range(len(rows)))


def test_times_are_written_with_zone_and_milliseconds():
    assert iso_text(0) == "1970-01-01T00:00:00.000Z"


HOSTILE = "<img src=x onerror=alert(1)>\u202e\x1b[31m"


def test_shown_as_text_and_as_html_without_obeying_the_data():
    hostile = draft(
        row(1, key=HOSTILE.encode(), value=b"<script>alert(1)</script>"),
        row(2, value=None),
        columns={"event_type": [HOSTILE, None]},
    )
    hostile = hostile.replace(accept_groups=["<b>"])
    plan = make_plan(hostile, facts())
    text, html = repr(plan), plan._repr_html_()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "<img" not in html
    assert "<script" not in html
    assert "\u202e" not in html
    assert "G-6" in text
    assert "Refused" in text
    fine = make_plan(draft(), facts())
    assert repr(fine).endswith(f"Nothing was sent. To send: run(plan, confirm={fine.token!r})")


def test_the_panel_gets_facts_as_text():
    plan = make_plan(draft(), facts(connection=replace(facts().connection, protected=True)))
    view = plan.view()
    assert isinstance(view, PlanFacts)
    assert (view.token, view.target, view.records, view.protected) == (plan.token, "copy", 3, True)
    assert view.refusals == ()
    assert view.lanes == (("copy/0", 3),)
    assert dict(view.summary)["run"] == RUN_ID
