from __future__ import annotations

import asyncio

import pytest

from workbench.bus import open_log
from workbench.capture import Beginning, capture
from workbench.decoding import Decoder
from workbench.model import NewRecord
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import Committed, Start
from workbench.store import SnapshotStore


async def committed_offsets(client, group):
    """What another client sees; a broker that has not served a group yet first makes its topic of offsets."""
    from aiokafka.errors import GroupCoordinatorNotAvailableError

    async with asyncio.timeout(30):
        while True:
            try:
                return await client.list_consumer_group_offsets(group)
            except GroupCoordinatorNotAvailableError:
                await asyncio.sleep(0.1)


@pytest.mark.broker
@pytest.mark.parametrize("by_group", [False, True])
async def test_observing_leaves_no_group_and_no_commit(kafka_address, topic_name, group_name, tmp_path, by_group):
    """Asserted by another client's view of the broker: groups of all kinds, and the topic of committed offsets."""
    from aiokafka.admin import AIOKafkaAdminClient

    name, group = topic_name("wb-observe"), group_name("wb-never")
    client = AIOKafkaAdminClient(bootstrap_servers=kafka_address)
    await client.start()
    try:
        async with open_log(f"kafka://{kafka_address}") as log:
            await log.create_topic(name)
            async with log.writer() as writer:
                await writer.send([NewRecord(name, value=b"x", partition=0)])
            before = {found[0] for found in await client.list_consumer_groups()}
            with SnapshotStore.open(tmp_path / "observed.duckdb", write=True) as store:
                start = Committed(group) if by_group else Start()
                async with Beginning(log, parse_topics(name), start=start) as begun:
                    result = await capture(begun, store, lambda _: Decoder(), cluster="test")
                assert result.records == 1
            after = {found[0] for found in await client.list_consumer_groups()}
            assert not {found for found in after - before if "never" in found or "workbench" in found}
            assert group not in after
            assert await committed_offsets(client, group) == {}
            assert [info.name for info in await log.describe([name])] == [name]
            await log.delete_topic(name)
    finally:
        await client.close()
