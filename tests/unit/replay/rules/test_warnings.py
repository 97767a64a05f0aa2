"""Each warning of `selection_warnings` and `target_warnings`: when it is given, and with which words."""

from __future__ import annotations

from dataclasses import replace

from replay_samples import ORDERS, RUN_ID, draft, facts, group, row, topic

from workbench.replay import make_plan


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
