"""Each warning about the selected records: when it is given, and with which words."""

from __future__ import annotations

from dataclasses import replace

from replay_samples import ORDERS, RUN_ID, draft, facts, row, topic, warnings_of

from workbench.replay import make_plan


def test_a_plain_plan_warns_of_nothing():
    assert make_plan(draft(), facts()).warnings == ()


def test_warnings():
    compacted = facts(topic(cleanup__policy="compact"))
    tombstones = [row(1, value=None), row(2, value=None), row(3)]
    text = warnings_of(make_plan(draft(*tombstones), compacted))
    assert "2 tombstones of 1 key; on a compacted target each deletes its key." in text
    twice = {"event_id": ["e", "e", "f"]}
    assert "1 event id more than once: e." in warnings_of(make_plan(draft(columns=twice), facts()))
    untimed = draft(row(1, timestamp_ms=-1, timestamp_type=-1), row(2))
    assert "1 record without a timestamp" in warnings_of(make_plan(untimed, facts()))
    onex = {"convention": ["onex", "onex", None], "event_id": ["order-17", RUN_ID, "order-18"]}
    text = warnings_of(make_plan(draft(columns=onex), facts()))
    assert "1 record carries event ids that are no UUIDs" in text
    assert "the selection mixes conventions: onex, unrecognised." in text
    mortal = draft(row(1, headers=[(b"ttl_seconds", b"30")]), row(2, headers=[(b"ttl_seconds", b"86400")]))
    assert "the time to live of 1 record has passed" in warnings_of(make_plan(mortal, facts()))
    gaps = replace(ORDERS, gaps=2)
    assert "the capture of orders has 2 gaps." in warnings_of(make_plan(draft(source=gaps), facts()))
    imported = replace(ORDERS, isolation="unknown")
    assert "how orders was read is not known" in warnings_of(make_plan(draft(source=imported), facts()))
