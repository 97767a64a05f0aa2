"""Each warning about the target: when it is given, and with which words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from replay_samples import NOW_MS, ORDERS, draft, facts, group, row, topic, warnings_of

from workbench.model.topics import ClockOffset
from workbench.replay import make_plan

DAY_MS = 86_400_000


@pytest.mark.parametrize(
    ("expiry", "age_ms", "said"),
    [
        (
            None,
            DAY_MS + 1,
            "1 record for copy keeps times older than 1 d, Kafka's default of producer.id.expiration.ms (",
        ),
        (None, DAY_MS - 1, None),
        (("producer.id.expiration.ms", 60_000), 60_001, "older than 1 min, the brokers' producer.id.expiration.ms: "),
        (("producer.id.expiration.ms", 60_000), 59_999, None),
        (("transactional.id.expiration.ms", 7 * DAY_MS), 6 * DAY_MS, None),
        (
            ("transactional.id.expiration.ms", 7 * DAY_MS),
            8 * DAY_MS,
            "7 d, the brokers' transactional.id.expiration.ms: ",
        ),
    ],
)
def test_times_are_old_by_the_setting_of_the_brokers(expiry, age_ms, said):
    old = draft(row(1, timestamp_ms=NOW_MS - age_ms), writer="idempotent")
    text = warnings_of(make_plan(old, facts(producer_expiry=expiry)))
    if said is None:
        assert "a broker that restarts forgets" not in text
    else:
        assert said in text


@pytest.mark.parametrize(
    ("clock", "timestamps", "said"),
    [
        (ClockOffset(1_004, 3), "keep", "this machine's clock is 1.004 s behind the cluster's (± 3 ms): "),
        (ClockOffset(-90_000, 3), "keep", "this machine's clock is 1 min 30 s ahead of the cluster's"),
        (ClockOffset(1_004, 4), "keep", None),
        (ClockOffset(-900, 0), "now", None),
        (None, "now", "whether this machine's clock is right could not be checked"),
        (None, "keep", None),
    ],
)
def test_a_clock_that_is_off_is_told(clock, timestamps, said):
    text = warnings_of(make_plan(draft(timestamps=timestamps), facts(clock_offset=clock)))
    assert "clock" not in text if said is None else said in text


def test_sink_connectors_are_known_by_their_groups():
    groups = (group("connect-jdbc-orders"), group("connect-"), group("billing"), group("my-connect-x"))
    plan = make_plan(draft(accept_groups=[one.group_id for one in groups]), facts(groups=groups))
    (text,) = [text for text in plan.warnings if "sink connector" in text]
    assert text.startswith("the sink connector jdbc-orders reads copy (group connect-jdbc-orders): ")


def test_dead_letters_go_to_the_partition_of_what_failed():
    columns = {"home_partition": [4, None, 2], "restored": [True] * 3}
    plan = make_plan(draft(columns=columns, mode="redrive"), facts(topic(partitions=5)))
    text = warnings_of(plan)
    assert "1 dead letter does not tell the partition of the record that failed" in text
    assert "its source" not in text
    assert plan.records.target_partitions.tolist()[::2] == [4, 2]


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
    assert "not confirmed that the producers of orders partition by crc32: 0 keys of orders do not tell." in hashed
    assert "1 record without a key, spread round robin." in hashed
    live = facts(groups=(group(),))
    assert "may see attempts that were aborted" in warnings_of(make_plan(draft(accept_groups=["billing"]), live))
    unclear = facts(unclear_groups=("moving",))
    assert "whether these groups read the target could not be seen: moving" in warnings_of(make_plan(draft(), unclear))
    blind = facts(replace(topic(), config={}, config_known=False))
    assert "could not be read, so these were not checked: retention.ms (G-11)" in warnings_of(make_plan(draft(), blind))


SELF = {"cluster_id": "source-cluster", "targets": {"orders": "orders"}}


@pytest.mark.parametrize(
    ("ends", "groups", "changes", "said"),
    [
        ({0: 13, 1: 0}, ["billing"], {}, True),
        ({0: 14, 1: 0}, ["billing"], {}, False),
        ({0: 14, 1: 0}, ["billing"], {"transactional": frozenset({0})}, True),
        ({0: 13, 1: 0}, ["billing", "mail"], {}, False),
        ({0: 13, 1: 0}, ["billing"], {"cluster_id": "another"}, False),
    ],
)
def test_a_group_that_could_read_again_is_told_how(ends, groups, changes, said):
    orders = replace(topic("orders"), end=ends)
    known = facts(**SELF, topics={"orders": orders}, groups=tuple(group(name) for name in groups))
    selected = draft(source=replace(ORDERS, **changes), allow_same_topic=True, accept_groups=groups)
    text = warnings_of(make_plan(selected, known))
    assert ("acts.reset_offsets('billing', '@2027-01-15T07:59:00.010Z') lets it read them again" in text) == said
    gap = draft(row(10), row(12), allow_same_topic=True, accept_groups=groups)
    assert "reset_offsets" not in warnings_of(make_plan(gap, known))
