"""Each warning about the target: when it is given, and with which words."""

from __future__ import annotations

from dataclasses import replace

from replay_samples import ORDERS, draft, facts, group, row, topic, warnings_of

from workbench.replay import make_plan


def test_warnings():
    compacted = facts(topic(cleanup__policy="compact"))
    tombstones = [row(1, value=None), row(2, value=None), row(3)]
    text = warnings_of(make_plan(draft(*tombstones), compacted))
    assert "copy is compacted: the values sent become the newest of their keys." in text
    append = facts(topic(message__timestamp__type="LogAppendTime"))
    assert "copy overwrites timestamps (LogAppendTime)" in warnings_of(make_plan(draft(), append))
    assert "copy has 5 partitions, its source 3." in warnings_of(make_plan(draft(), facts(topic(partitions=5))))
    unknown = replace(ORDERS, partitions=None)
    assert "partition count of the source of copy is not known" in warnings_of(
        make_plan(draft(source=unknown), facts())
    )
    hashed = warnings_of(make_plan(draft(row(1, key=None), partitions="crc32"), facts()))
    assert "not confirmed that the source's producers partition by crc32" in hashed
    assert "1 record without a key, spread round robin." in hashed
    live = facts(groups=(group(),))
    assert "may see attempts that were aborted" in warnings_of(make_plan(draft(accept_groups=["billing"]), live))
    unclear = facts(unclear_groups=("moving",))
    assert "whether these groups read the target could not be seen: moving" in warnings_of(make_plan(draft(), unclear))
    blind = facts(replace(topic(), config={}, config_known=False))
    assert "could not be read, so these were not checked: retention.ms (G-11)" in warnings_of(make_plan(draft(), blind))
