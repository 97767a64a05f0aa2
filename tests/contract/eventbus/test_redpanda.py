"""What the Redpanda adapter adds: schemas of a registry, views of transforms; and that it stays a Kafka adapter."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from pathlib import Path

import pytest
from redpanda_host import REDPANDA
from registry_server import serving

import workbench
from workbench.bus import open_log
from workbench.bus.kafka import member
from workbench.bus.kafka.connection.connections import Connections
from workbench.bus.kafka.fetching.batch_headers import scan
from workbench.bus.kafka.producing import delivery, queues
from workbench.bus.kafka.wire.fetch import RawFetchRequest
from workbench.bus.kafka.wire.produce import ProduceRequest
from workbench.config.schema_registry import SchemaRegistrySettings
from workbench.errors import ConfigurationError, SchemaRegistryError, TransformError, ValidationError, WorkbenchError
from workbench.eventbus import (
    EventBusConfiguration,
    ProtocolEventBus,
    ProtocolKafkaAdapter,
    ProtocolRedpandaAdapter,
    RedpandaEventBus,
    create_event_bus_from_config,
)
from workbench.testing import EventBusComplianceTests, create_test_event

MASK = Path(workbench.__file__).parent / "transforms" / "samples" / "mask.wat"
PASS = MASK.with_name("passthrough.wat")
ORDER = {"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]}


@pytest.fixture
def registry_url():
    if REDPANDA is not None:
        yield REDPANDA.registry_url
        return
    with serving() as server:
        yield server.url


@pytest.fixture
async def redpanda(log_address, registry_url, topic_name):
    settings = SchemaRegistrySettings(urls=(registry_url,))
    made = RedpandaEventBus(open_log(log_address), registry=settings, environment=topic_name("rp"), create_missing=True)
    async with made:
        yield made
        mine = [name for name in await made.list_topics() if name.startswith(f"onex.{made.environment}.")]
    async with open_log(log_address) as log:
        for name in mine:
            await log.delete_topic(name)


@pytest.mark.promise("RP-1", "RP-8", "PB-11")
async def test_one_bus_satisfies_all_three_protocols(redpanda):
    assert isinstance(redpanda, ProtocolRedpandaAdapter)
    assert isinstance(redpanda, ProtocolKafkaAdapter)
    assert isinstance(redpanda, ProtocolEventBus)


@pytest.mark.promise("RP-8")
class TestKafkaCompatibility(EventBusComplianceTests):
    repetitions = 1

    @pytest.fixture
    def event_bus(self, redpanda):
        return redpanda


@pytest.mark.promise("RP-3", "RP-5")
async def test_a_schema_is_registered_looked_up_and_compared(redpanda, topic_name):
    subject = topic_name("orders") + "-value"
    number = await redpanda.register_schema(subject, ORDER)
    assert await redpanda.register_schema(subject, ORDER) == number
    found = await redpanda.get_schema(subject)
    assert (found.version, json.loads(found.schema.text)) == (1, ORDER)
    narrower = ORDER | {"required": ["total", "customer"]}
    assert not (await redpanda.check_compatibility(subject, narrower)).is_compatible
    with pytest.raises(SchemaRegistryError) as caught:
        await redpanda.register_schema(subject, narrower)
    assert caught.value.status == 409
    with pytest.raises(ValidationError, match="no type of schemas"):
        await redpanda.register_schema(subject, ORDER, "THRIFT")


@pytest.mark.promise("RP-5")
async def test_an_event_is_validated_against_the_latest_schema(redpanda, topic_name):
    subject = topic_name("orders") + "-value"
    await redpanda.register_schema(subject, ORDER)
    assert await redpanda.validate_event(subject, {"total": 3}) == []
    ((path, message),) = await redpanda.validate_event(subject, {"total": "three"})
    assert "total" in path
    assert "number" in message
    event = create_test_event()
    assert await redpanda.validate_event(subject, event) != []


@pytest.mark.promise("RP-2", "RP-6")
async def test_a_view_has_the_rows_that_its_transform_writes(redpanda):
    await redpanda.create_topic("orders", 2)
    events = [create_test_event() for _ in range(6)]
    for event in events:
        await redpanda.publish_event(event, "orders")
    assert await redpanda.create_materialized_view("copies", "orders", str(PASS), executor="local") is True
    assert await redpanda.create_materialized_view("copies", "orders", str(PASS), executor="local") is True
    await redpanda.wait_for_view("copies", timeout_s=60)
    status = await redpanda.view_status("copies")
    assert (status.running, status.lag) == (True, 0)
    copied = [
        event.event_id
        for partition in range(2)
        for event in await redpanda.consume_from_partition("copies", partition, 0)
    ]
    assert sorted(copied) == sorted(event.event_id for event in events)
    await redpanda.delete_materialized_view("copies", delete_topic=True)
    with pytest.raises(TransformError):
        await redpanda.view_status("copies")


@pytest.mark.promise("RP-2")
async def test_what_is_no_module_creates_nothing(redpanda, tmp_path):
    await redpanda.create_topic("orders", 1)
    wrong = tmp_path / "wrong.wasm"
    wrong.write_bytes(b"MZ\x00")
    before = await redpanda.list_topics()
    with pytest.raises(WorkbenchError):
        await redpanda.create_materialized_view("copies", "orders", str(wrong), executor="local")
    assert await redpanda.list_topics() == before


async def test_a_read_only_bus_registers_and_deploys_nothing(log_address, registry_url):
    settings = SchemaRegistrySettings(urls=(registry_url,))
    async with RedpandaEventBus(open_log(log_address), registry=settings, read_only=True) as bus:
        for call in (
            bus.register_schema("s", ORDER),
            bus.create_materialized_view("v", "orders", str(PASS)),
            bus.delete_materialized_view("v"),
        ):
            with pytest.raises(WorkbenchError, match="read-only"):
                await call


@pytest.mark.promise("PB-11")
async def test_the_factory_makes_it(registry_url, topic_name):
    config = EventBusConfiguration(
        broker_urls=[f"memory://{topic_name('rp')}"], schema_registry_url=registry_url, enable_metrics=False
    )
    async with await create_event_bus_from_config(config) as bus:
        assert isinstance(bus, ProtocolRedpandaAdapter)
        assert await bus.register_schema("s", ORDER) >= 1
    async with await create_event_bus_from_config(
        EventBusConfiguration(broker_urls=[f"memory://{topic_name('rp')}"], enable_metrics=False)
    ) as bus:
        with pytest.raises(ConfigurationError, match="schema_registry_url"):
            await bus.register_schema("s", ORDER)


def documented_settings():
    """Setting and first number or word of its value, from the tables of the page."""
    page = (Path(workbench.__file__).parents[1] / "docs" / "redpanda.md").read_text()
    rows = re.findall(r"^\| (`[^|]+`) \| `(\w+)`[^|]*\|", page, re.MULTILINE)
    return {name.strip("` "): value for names, value in rows for name in names.split(",")}


@pytest.mark.promise("RP-4")
async def test_the_documented_settings_are_those_that_reach_the_broker(kafka_address, topic_name, monkeypatch):
    requests, consumers = [], []
    send, consumer = Connections.send, member.AIOKafkaConsumer

    async def recorded(self, node, request, purpose=""):
        requests.append(request)
        return await send(self, node, request, purpose)

    def made(**options):
        consumers.append(options)
        return consumer(**options)

    monkeypatch.setattr(Connections, "send", recorded)
    monkeypatch.setattr(member, "AIOKafkaConsumer", made)
    async with RedpandaEventBus(open_log(f"kafka://{kafka_address}"), environment=topic_name("rp")) as bus:
        await bus.create_topic("orders", 1)
        assert await bus.publish_event(create_test_event(), "orders") is True
        assert len(await bus.consume_from_partition("orders", 0, 0)) == 1
        await (await bus.subscribe_to_topic("orders", f"g-{uuid.uuid4().hex}", asyncio.sleep))()
    async with open_log(f"kafka://{kafka_address}") as log:
        await log.delete_topic(bus.physical_name("orders"))
    (produced,) = [one for one in requests if isinstance(one, ProduceRequest)]
    (fetched,) = [one for one in requests if isinstance(one, RawFetchRequest)]
    (subscribed,) = consumers
    (head,) = scan(bytes(produced.content), 0, len(produced.content))
    per_partition = fetched._topics[0][1][0][2]
    assert documented_settings() == {
        "acks": {-1: "all", 1: "leader"}[produced._required_acks],
        "enable.idempotence": str(head.producer_id >= 0).lower(),
        "max.in.flight.requests": str(delivery.BATCHES_AT_ONCE),
        "linger.ms": "0",
        "batch.size": str(queues.BATCH_BYTES),
        "compression.type": {0: "none"}[head.attributes & 0x07],
        "delivery.timeout.ms": "publish_timeout_ms",
        "isolation.level": "read_committed" if fetched._isolation_level == 1 else "read_uncommitted",
        "fetch.min.bytes": str(fetched._min_bytes),
        "fetch.max.wait.ms": str(fetched._max_wait_ms),
        "fetch.max.bytes": str(fetched._max_bytes),
        "max.partition.fetch.bytes": str(per_partition),
        "max.poll.records": "max_poll_records",
        "session.timeout.ms": "session_timeout_ms",
        "enable.auto.commit": str(subscribed["enable_auto_commit"]).lower(),
    }
    assert subscribed["isolation_level"] == "read_committed"
    assert subscribed["session_timeout_ms"] == EventBusConfiguration().session_timeout_ms
