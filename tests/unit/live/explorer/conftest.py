from __future__ import annotations

import json

import pytest

import workbench as wb
from workbench.live.explorer.desk import ExplorerDesk
from workbench.model import NewRecord, TopicPartition

T0 = 1_700_000_000_000


def event(topic, number, cause=None):
    value = {
        "specversion": "1.0", "id": f"e{number}", "type": f"step.{number % 3}", "source": "/shop",
        "correlationid": f"flow-{number // 3}", "data": {"n": number, "amount": 12.50},
    }  # fmt: skip
    if cause is not None:
        value["causationid"] = f"e{cause}"
    text = json.dumps(value).replace("12.5}", "12.50}")
    return NewRecord(topic, f"k{number}".encode(), text.encode(), ((b"h", b"x"),), number % 2, T0 + number)


@pytest.fixture
async def cluster(topic_name):
    async with await wb.connect(f"memory://{topic_name('desk')}", write=True, reason="test") as opened:
        await opened.log.create_topic("orders", partitions=2, config={"retention.ms": "1000"})
        await opened.log.create_topic("payments", partitions=2)
        async with opened.log.writer() as writer:
            await writer.send(
                [
                    event("payments" if number % 3 == 1 else "orders", number, number - 1 if number % 3 else None)
                    for number in range(120)
                ]
            )
        await opened.log.commit_offsets("billing", {TopicPartition("orders", 0): 5, TopicPartition("orders", 1): 1})
        yield opened


@pytest.fixture
def desk(cluster):
    made = ExplorerDesk(cluster)
    yield made
    made.close()


@pytest.fixture
def write(cluster):
    """Writes some more records to a topic."""

    async def written(topic, count):
        async with cluster.log.writer() as writer:
            await writer.send([event(topic, number) for number in range(count)])

    return written
