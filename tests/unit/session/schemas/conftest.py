from __future__ import annotations

import uuid

import pytest
from registry_server import serving

import workbench as wb
from workbench.model import NewRecord


@pytest.fixture
def server():
    with serving() as state:
        yield state


@pytest.fixture
async def cluster(server):
    address = f"memory://schemas-{uuid.uuid4().hex[:8]}"
    async with await wb.connect(address, write=True, reason="INC-42", schema_registry=server.url) as opened:
        yield opened


@pytest.fixture
def write(cluster):
    async def send(topic, *values: bytes):
        if not await cluster.log.describe([topic]):
            await cluster.log.create_topic(topic, partitions=1)
        async with cluster.log.writer() as writer:
            await writer.send([NewRecord(topic, value=value) for value in values])

    return send
