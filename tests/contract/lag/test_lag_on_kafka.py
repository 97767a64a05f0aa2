"""Sampling a real Kafka: the figures are right, and nothing is left behind."""

from __future__ import annotations

import uuid

import pytest

from workbench.analysis.lag import lag_frame
from workbench.bus import open_log
from workbench.capture.lag_sampler import LagSampler
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
