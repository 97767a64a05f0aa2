"""Proxies that the same tests run on: the strict one, and a real one where ``WORKBENCH_REDPANDA`` names it."""

from __future__ import annotations

import uuid

import pytest
from proxy_server import serving_proxy
from redpanda_host import REDPANDA

from workbench.bus.kafka import KafkaLog
from workbench.bus.redpanda.proxy import HttpProxy
from workbench.config import HttpProxySettings


@pytest.fixture(params=["strict", *(["redpanda"] if REDPANDA else [])])
async def place(request):
    """The URL of a proxy, and a new topic of two partitions behind it."""
    topic = f"proxy-{uuid.uuid4().hex[:8]}"
    if REDPANDA is not None and request.param == "redpanda":
        async with KafkaLog(f"kafka://{REDPANDA.kafka}") as log:
            await log.create_topic(topic, partitions=2)
            yield REDPANDA.proxy_url, topic
            await log.delete_topic(topic)
        return
    with serving_proxy() as server:
        server.create(topic, 2)
        yield server.url, topic


@pytest.fixture
def topic(place):
    return place[1]


@pytest.fixture
async def proxy(place):
    async with HttpProxy(HttpProxySettings(urls=(place[0],)), read_only=False) as client:
        yield client
