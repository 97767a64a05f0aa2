"""Sampling a real Kafka: the figures are right, and nothing is left behind."""

from __future__ import annotations

import re
import uuid

import pytest

import workbench as wb
from workbench.bus import open_log
from workbench.lag import lag_frame
from workbench.lag.sampler import LagSampler
from workbench.model import NewRecord, TopicPartition

pytestmark = pytest.mark.broker


async def test_a_group_that_is_behind(kafka_address, topic_name):
    topic, group = topic_name(), f"g-{uuid.uuid4().hex[:8]}"
    async with open_log(kafka_address) as log:
        await log.create_topic(topic, partitions=2)
        async with log.writer() as writer:
            await writer.send([NewRecord(topic, None, b"x", partition=0) for _ in range(10)])
        await log.commit_offsets(group, {TopicPartition(topic, 0): 4})
        before = await log.groups()
        taken = await LagSampler(log, groups=group).round()
        frame = lag_frame(taken).set_index("partition")
        assert frame.loc[0, ["committed", "low", "high", "lag", "lost", "readable", "held"]].tolist() == [
            4, 0, 10, 6, 0, 6, 0,
        ]  # fmt: skip
        assert frame.loc[1, "reason"] == "no-commit"
        assert frame.loc[0, "state"] == "Empty"
        assert taken.low_at_ms <= taken.committed_at_ms <= taken.high_at_ms
        assert await log.groups() == before
        await log.delete_topic(topic)


async def test_held_by_an_open_transaction(kafka_address, topic_name):
    topic, group = topic_name(), f"g-{uuid.uuid4().hex[:8]}"
    async with open_log(kafka_address) as log:
        await log.create_topic(topic)
        await log.commit_offsets(group, {TopicPartition(topic, 0): 0})
        async with log.writer(transactional_id=f"t-{uuid.uuid4().hex[:8]}") as writer:
            await writer.begin()
            await writer.send([NewRecord(topic, None, b"x", partition=0) for _ in range(3)])
            frame = lag_frame(await LagSampler(log, groups=group).round())
            assert frame.loc[0, ["lag", "lag_committed", "held"]].tolist() == [3, 0, 3]
            await writer.abort()
        await log.delete_topic(topic)


async def test_members_of_a_live_group_and_nothing_left_behind(kafka_address, topic_name, group_name):
    topic, quiet, busy = topic_name(), group_name(), group_name()
    async with open_log(kafka_address) as log:
        await log.create_topic(topic, partitions=2)
        async with log.writer() as writer:
            await writer.send([NewRecord(topic, None, b"x", partition=n % 2) for n in range(10)])
        await log.commit_offsets(quiet, {TopicPartition(topic, 1): 2})
        await log.delete_records({TopicPartition(topic, 1): 4})
        async with log.member(busy, [topic], start="earliest") as member:
            await member.commit({TopicPartition(topic, 0): 3})
            before = await log.groups(), await log.committed(quiet), await log.committed(busy)
            taken = await LagSampler(log, topics=topic).round()
            assert (await log.groups(), await log.committed(quiet), await log.committed(busy)) == before
            described = await log.describe_groups([busy])
        frame = lag_frame(taken).set_index(["group_id", "partition"])
        assert frame.loc[(quiet, 1), ["lag", "lost", "readable", "state"]].tolist() == [3, 2, 1, "Empty"]
        assert frame.loc[(busy, 0), ["lag", "members", "state", "protocol"]].tolist() == [2, 1, "Stable", "classic"]
        assert frame.loc[(busy, 0), "member_id"] == described[0].members[0].member_id
        assert frame.loc[(busy, 1), "reason"] == "no-commit"
        await log.delete_topic(topic)


async def test_a_topic_deleted_between_rounds_costs_only_itself(kafka_address, topic_name, group_name):
    kept, gone, group = topic_name(), topic_name(), group_name()
    async with open_log(kafka_address) as log:
        for name in (kept, gone):
            await log.create_topic(name)
            await log.commit_offsets(group, {TopicPartition(name, 0): 0})
        sampler = LagSampler(log, groups=group, topics="wb-test-*")
        await sampler.round()
        await log.delete_topic(gone)
        frame = lag_frame(await sampler.round()).set_index("topic")
        assert frame.loc[kept, "lag"] == 0
        assert {sample.topic for sample in (await sampler.round()).offsets} >= {kept}
        assert gone not in {sample.topic for sample in (await sampler.round()).offsets}
        await log.delete_topic(kept)


async def test_a_recording_of_a_real_broker_is_read_back(kafka_address, topic_name, group_name, tmp_path):
    topic, group = topic_name(), group_name()
    async with await wb.connect(f"kafka://{kafka_address}", write=True, reason="test") as cluster:
        await cluster.log.create_topic(topic, partitions=2)
        async with cluster.log.writer() as writer:
            await writer.send([NewRecord(topic, None, b"x", partition=n % 2) for n in range(10)])
        await cluster.log.commit_offsets(group, {TopicPartition(topic, 1): 2})
        live = await cluster.record_lag(tmp_path / "lag.duckdb", group, interval_s=0.2, duration="500ms")
        await cluster.log.delete_topic(topic)
    with wb.open(tmp_path / "lag.duckdb") as snap:
        stored = snap.lag()
        assert stored.frame.equals(live.frame)
        assert stored.frame.attrs == live.frame.attrs
        assert len(stored.rounds) == len(live.rounds) >= 2
        assert stored.groups.loc[0, ["group_id", "lag", "unknown"]].tolist() == [group, 3, 1]
        assert snap.sql("SELECT lag FROM lag_group").dropna()["lag"].tolist() == [3] * len(live.rounds)


@pytest.mark.parametrize("suffix", ["[eu]", "*", ""])
async def test_an_id_that_looks_like_a_pattern(kafka_address, topic_name, group_name, suffix):
    topic, group = topic_name(), group_name() + suffix
    async with open_log(kafka_address) as log:
        await log.create_topic(topic)
        await log.commit_offsets(group, {TopicPartition(topic, 0): 0})
        taken = await LagSampler(log, groups=group).round()
        assert [one.group_id for one in taken.groups] == [group]
        await log.delete_topic(topic)


async def test_a_commit_on_the_offsets_topic_and_one_ahead_of_the_end(kafka_address, topic_name, group_name):
    topic, group = topic_name(), group_name()
    async with open_log(kafka_address) as log:
        await log.create_topic(topic)
        internal = TopicPartition("__consumer_offsets", 3)
        await log.commit_offsets(group, {internal: 0, TopicPartition(topic, 0): 500})
        taken = await LagSampler(log, groups=group).round()
        assert taken.errors == ()
        frame = lag_frame(taken).set_index("topic")
        assert frame.loc["__consumer_offsets", "lag"] == frame.loc["__consumer_offsets", "high"]
        assert frame.loc[topic, ["lag", "ahead"]].tolist() == [0, 500]
        await log.delete_topic(topic)


async def test_a_live_group_of_a_topic_that_does_not_exist(kafka_address, group_name):
    group = group_name()
    async with open_log(kafka_address) as log, log.member(group, re.compile("wb-not-there-.*")):
        (row,) = lag_frame(await LagSampler(log, groups=group).round()).to_dict("records")
        assert (row["group_id"], row["members"], row["reason"]) == (group, 1, "no-partitions")


async def test_the_empty_group_id(kafka_address, topic_name):
    """Old clients committed without naming a group; brokers keep such offsets under an empty id."""
    topic = topic_name()
    async with open_log(kafka_address) as log:
        await log.create_topic(topic)
        await log.commit_offsets("", {TopicPartition(topic, 0): 0})
        frame = lag_frame(await LagSampler(log, groups="").round())
        assert frame.query("topic == @topic")["lag"].tolist() == [0]
        await log.delete_topic(topic)
