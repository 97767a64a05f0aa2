"""A record of a real topic is explained: causes and effects in other topics, and the groups that have passed it."""

from __future__ import annotations

import json

import pytest

from workbench.errors import UnknownEventError
from workbench.model import NewRecord, TopicPartition


def event(topic, number, cause=None):
    value = {
        "specversion": "1.0",
        "id": f"e{number}",
        "type": f"step.{number}",
        "source": "/shop",
        "correlationid": "f",
    }
    if cause is not None:
        value["causationid"] = f"e{cause}"
    return NewRecord(topic, b"k", json.dumps(value).encode(), (), 0)


async def test_a_record_is_explained(cluster, topic, topic_name):
    orders, payments = await topic(partitions=2), await topic()
    async with cluster.log.writer() as writer:
        await writer.send([event(orders, 1), event(payments, 2, 1), event(orders, 3, 2), event(payments, 4, 3)])
    group = topic_name("passed")
    await cluster.log.commit_offsets(group, {TopicPartition(orders, 0): 1})
    try:
        found = await cluster.explain(f"{orders}/0@1", topics=[orders, payments])
        assert [row["event_type"] for row in found.led_to_it] == ["step.1", "step.2"]
        assert [row["event_type"] for row in found.came_of_it] == ["step.4"]
        assert found.found.complete
        (standing,) = [one for one in found.groups if one.group_id == group]
        assert (standing.committed, standing.consumed) == (1, False)
        first = await cluster.explain(f"{orders}/0@0", topics=[orders, payments])
        assert [one.consumed for one in first.groups if one.group_id == group] == [True]
        with pytest.raises(UnknownEventError):
            await cluster.explain(f"{orders}/0@2")
        assert (await cluster.record(f"{payments}/0@1")).value == event(payments, 4, 3).value
    finally:
        await cluster.log.delete_group(group)


async def test_the_explorer_reads_a_real_cluster(cluster, topic):
    name = await topic(partitions=2, config={"retention.ms": "1000000000"})
    async with cluster.log.writer() as writer:
        await writer.send([event(name, number) for number in range(60)])
    explorer = cluster.explore()
    try:
        desk = explorer.feed
        await desk.topics.refresh()
        await explorer.select(name)
        assert desk.messages.failure == desk.topic_pane.failure == ""
        assert (desk.messages.row_count, desk.topic_pane.row_count) == (50, 2)
        assert desk.topic_pane.sections[0].rows[0][0] == "retention.ms"
        await explorer.select(f"{name}/0@7")
        assert explorer.record == f"{name}/0@7"
        await desk.groups.do("refresh", {})
        await desk.topics.sample()
        assert desk.groups.failure == desk.topics.failure == ""
    finally:
        explorer.close()
