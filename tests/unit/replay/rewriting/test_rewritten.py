"""All rewriting of a plan together: headers, trace context, schema ids, new ids, and what stays in the same memory."""

from __future__ import annotations

import json
import uuid

import pyarrow as pa
import pytest
from replay_samples import NOW_MS, RUN_ID, draft, facts, row

from workbench.replay import make_plan, plan_from_json
from workbench.replay.rewriting.trace_context import with_trace

PARENT = b"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def event(at, cause, **changes):
    metadata = {"source": "shop", "correlation_id": "k1", "causation_id": cause}
    body = {"event_id": f"e{at}", "event_type": "t", "timestamp": "2026-01-01T00:00:00Z", "metadata": metadata}
    return row(at, value=json.dumps(body).encode(), **changes)


def sent(plan, seq=0):
    columns = plan.records.target_columns(plan.sent, NOW_MS)
    headers = [(one["name"], one["value"]) for one in columns.column("headers")[seq].as_py()]
    return columns.column("value")[seq].as_py(), headers


def new(text):
    return str(uuid.uuid5(uuid.UUID(RUN_ID), text))


def test_without_rewriting_nothing_is_copied():
    records = make_plan(draft(), facts()).records
    assert records.planned is records.table
    assert records.digests is records.source_digests


def test_new_ids_are_listed_journaled_and_kept_in_headers():
    columns = {"event_id": ["e1", "e2"], "correlation_id": ["k1", "k1"], "convention": ["contract", "contract"]}
    plan = make_plan(draft(event(1, "before"), event(2, "e1"), columns=columns, ids="new"), facts())
    assert plan.refusals == ()
    value, headers = sent(plan)
    assert json.loads(value)["event_id"] == new("e1")
    assert json.loads(value)["metadata"]["causation_id"] is None
    assert dict(headers)[b"x-replay-original-event-id"] == b"e1"
    assert dict(headers)[b"x-replay-original-correlation-id"] == b"k1"
    assert dict(headers)[b"x-replay-boundary-cause"] == b"before"
    assert dict(headers)[b"x-replay-correlation-id"] == new("k1").encode()
    assert json.loads(sent(plan, 1)[0])["metadata"]["causation_id"] == new("e1")
    assert b"x-replay-boundary-cause" not in dict(sent(plan, 1)[1])
    assert plan.steps["rewritten"].to_pylist() == ["ids", "ids"]
    assert "the causes of 1 record are not selected: they are removed" in repr(plan)
    assert "new ids in 2" in repr(plan)
    again = plan_from_json(
        json.loads(json.dumps(plan.to_json())), draft(event(1, "before"), event(2, "e1"), columns=columns)
    )
    assert again.hash == plan.hash
    assert again.records.digests.tobytes() == plan.records.digests.tobytes()


def test_a_cause_that_is_left_out_is_none_of_the_selection():
    bad = {**event(1, None), "headers": [{"name": b"\xff", "value": b""}]}
    plan = make_plan(draft(bad, event(2, "e1"), event(3, "e2"), ids="new", skip_refused=True), facts())
    assert plan.left_out.seqs.tolist() == [0]
    value, headers = sent(plan)
    assert json.loads(value)["metadata"]["causation_id"] is None
    assert dict(headers)[b"x-replay-boundary-cause"] == b"e1"
    assert json.loads(sent(plan, 1)[0])["metadata"]["causation_id"] == new("e2")
    assert "the causes of 1 record are not selected: they are removed" in repr(plan)
    again = plan_from_json(json.loads(json.dumps(plan.to_json())), draft(bad, event(2, "e1"), event(3, "e2")))
    assert again.records.digests.tobytes() == plan.records.digests.tobytes()


def test_edits_are_made_again_from_the_journal():
    edited = draft(event(1, None), event(2, "e1")).edit([{"op": "add", "path": "/payload", "value": {"n": 1.5}}])
    plan = make_plan(edited, facts())
    again = plan_from_json(json.loads(json.dumps(plan.to_json())), draft(event(1, None), event(2, "e1")))
    assert again.hash == plan.hash
    assert sent(again)[0] == sent(plan)[0]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (b"traceparent", PARENT),
        (b"b3", b"4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1"),
        (b"X-B3-TraceId", b"4bf92f3577b34da6a3ce929d0e0e4736"),
        (b"uber-trace-id", b"4bf92f3577b34da6a3ce929d0e0e4736:00f067aa0ba902b7:0:1"),
    ],
)
def test_a_trace_is_renewed_alike_in_every_format(name, content):
    headers, parent = with_trace(((name, content), (b"tracestate", b"a=1"), (b"baggage", b"u=1")), "renew", RUN_ID)
    trace = uuid.uuid5(uuid.UUID(RUN_ID), "4bf92f3577b34da6a3ce929d0e0e4736").hex.encode()
    assert headers[0][1].startswith((trace, b"00-" + trace))
    assert len(headers[0][1]) == len(content)
    assert headers[1:] == ((b"baggage", b"u=1"),)
    assert parent == (PARENT if name == b"traceparent" else None)
    assert with_trace(((name, content),), "strip", RUN_ID) == ((), None)
    assert with_trace(((name, content),), "keep", RUN_ID) == (((name, content),), None)


def test_trace_policies_of_a_plan():
    rows = [row(1, headers=[(b"a", b"1"), (b"traceparent", PARENT)]), row(2)]
    kept = make_plan(draft(*rows), facts())
    assert sent(kept)[1][:2] == [(b"a", b"1"), (b"traceparent", PARENT)]
    stripped = make_plan(draft(*rows, trace="strip"), facts())
    assert [name for name, _ in sent(stripped)[1] if not name.startswith(b"x-replay")] == [b"a"]
    assert "the trace context of 1 record is removed." in stripped.warnings
    renewed = make_plan(draft(*rows, trace="renew"), facts())
    assert dict(sent(renewed)[1])[b"x-replay-original-traceparent"] == PARENT
    assert renewed.steps["rewritten"].to_pylist() == ["trace", None]


def test_clean_removes_families_and_names():
    headers = [(b"kafka_dlt-original-topic", b"x"), (b"a", None), (b"x-secret-1", b"s"), (b"a", b"2"), (b"b3", b"0")]
    plan = make_plan(draft(row(1, headers=headers), row(2), headers="clean"), facts())
    assert [name for name, _ in sent(plan)[1] if not name.startswith(b"x-replay")] == [b"a", b"x-secret-1", b"a"]
    assert "headers removed: b3, kafka_dlt-original-topic" in repr(plan)
    named = make_plan(draft(row(1, headers=headers), headers="clean", clean_headers=["x-secret-*", "trace"]), facts())
    left = [pair for pair in sent(named)[1] if not pair[0].startswith(b"x-replay")]
    assert left == [(b"kafka_dlt-original-topic", b"x"), (b"a", None), (b"a", b"2")]


def test_schema_ids_are_mapped():
    framed = [row(1, value=b"\x00\x00\x00\x00\x11body"), row(2, value=b"{}"), row(3, value=b"\x00\x00")]
    plan = make_plan(draft(*framed, schema_ids={17: 258}), facts())
    assert [plan.records.rows.values[seq] for seq in range(3)] == [b"\x00\x00\x00\x01\x02body", b"{}", b"\x00\x00"]
    unknown = make_plan(draft(*framed, schema_ids={1: 2}), facts())
    assert "its schema id 17 is not in the map" in str(unknown.refusals[0])


@pytest.mark.parametrize(("speed", "expected"), [(None, [0, 500, 400]), (4, [0, 125, 100])])
def test_shifted_times_keep_their_distances(speed, expected):
    rows = [row(at, timestamp_ms=time) for at, time in enumerate((1000, 1500, 1400))]
    options = {} if speed is None else {"speed": speed}
    plan = make_plan(draft(*rows, row(9, timestamp_ms=-1), timestamps="shift", **options), facts())
    assert [int(time) - NOW_MS for time in plan.records.planned_timestamps[:3]] == expected
    assert plan.steps["target_timestamp_ms"][3].as_py() is None
    later = plan.records.with_facts(facts(asked_at_ms=NOW_MS + 60_000))
    assert later.planned_timestamps.tolist() == plan.records.planned_timestamps.tolist(), "the plan fixes the start"


def test_the_detected_partitioner_places_and_is_told():
    from workbench.bus.partitioners import crc32

    rows = [row(at, key=b"key-%d" % at, partition=crc32(b"key-%d" % at, 3)) for at in range(300)]
    plan = make_plan(draft(*rows, partitions="detected"), facts())
    assert plan.records.target_partitions.tolist() == [one["partition"] for one in plan.records.table.to_pylist()]
    assert any("300 keys of orders lie where crc32 puts them (100.0%)" in text for text in plan.warnings)
    other = make_plan(draft(*rows, partitions="murmur2"), facts())
    assert any("lie where crc32 puts them (100.0%), the policy is murmur2." in text for text in other.warnings)
    assert not any("lie where" in text for text in make_plan(draft(*rows, partitions="crc32"), facts()).warnings)
    few = make_plan(draft(*rows[:20], partitions="detected"), facts())
    assert [refusal.rule for refusal in few.refusals] == ["G-15"]


def test_spliced_columns_keep_their_types():
    plan = make_plan(draft(row(1, value=b'{"a":1}'), row(2, value=None)).edit(lambda body: body), facts())
    assert plan.records.planned.schema.field("value").type == pa.binary()
