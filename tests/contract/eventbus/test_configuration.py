"""Configuration: documented fields and defaults, refusals, and buses made from it on both backends."""

from __future__ import annotations

import dataclasses
import inspect
import logging
import typing
import uuid
from typing import List, Literal, Optional, get_type_hints  # noqa: UP035 - the contract's spellings

import pytest

from workbench.errors import ConfigurationError, PublishError, ValidationError
from workbench.eventbus import (
    EventBus,
    EventBusConfiguration,
    ProtocolEventBus,
    ProtocolKafkaAdapter,
    create_event_bus_from_config,
)
from workbench.eventbus.configuration.factory import log_of
from workbench.testing import create_test_event, wait_until

DOCUMENTED = [
    ("backend_type", Literal["kafka", "redpanda"], "kafka"),
    ("broker_urls", List[str], ["localhost:9092"]),  # noqa: UP006
    ("environment", str, "dev"),
    ("topic_prefix", str, "onex"),
    ("batch_size", int, 100),
    ("max_poll_records", int, 500),
    ("session_timeout_ms", int, 30_000),
    ("security_protocol", str, "PLAINTEXT"),
    ("sasl_mechanism", Optional[str], None),  # noqa: UP045
    ("enable_metrics", bool, True),
    ("metrics_port", int, 8081),
]


@pytest.fixture
async def configured(log_address):
    """Factory of open buses by configuration; closed and their topics deleted afterwards."""
    made: list[EventBus] = []

    async def make(**fields):
        fields.setdefault("environment", f"t{uuid.uuid4().hex[:10]}")
        fields.setdefault("enable_metrics", False)
        bus = await create_event_bus_from_config(EventBusConfiguration(broker_urls=[log_address], **fields))
        made.append(bus)
        return bus

    yield make
    for bus in made:
        for topic in await bus.list_topics() if bus._state == "open" else ():
            await bus._log.delete_topic(bus.physical_name(topic))
        await bus.aclose()


@pytest.mark.promise(
    "CF-1", "CF-2", "CF-3", "CF-4", "CF-5", "CF-6", "CF-7", "CF-8", "CF-9", "CF-10", "CF-11",
)  # fmt: skip
def test_the_first_eleven_fields_are_the_documents():
    config = EventBusConfiguration()
    fields = dataclasses.fields(config)[:11]
    hints = get_type_hints(EventBusConfiguration)
    assert [(f.name, hints[f.name], getattr(config, f.name)) for f in fields] == DOCUMENTED
    assert not any(f.kw_only for f in fields)
    assert all(f.kw_only for f in dataclasses.fields(config)[11:])


@pytest.mark.promise("CF-2")
def test_default_lists_are_not_shared():
    first, second = EventBusConfiguration(), EventBusConfiguration()
    first.broker_urls.append("other:9092")
    assert second.broker_urls == ["localhost:9092"]


@pytest.mark.promise("CF-1", "CF-2", "CF-8", "CF-9", "CF-11")
@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"backend_type": "rabbit"}, "backend_type"),
        ({"broker_urls": "localhost:9092"}, "broker_urls"),
        ({"broker_urls": []}, "broker_urls"),
        ({"broker_urls": ["localhost"]}, "broker_urls"),
        ({"broker_urls": ["memory://a", "localhost:9092"]}, "broker_urls"),
        ({"broker_urls": ["memory://a", "memory://b"]}, "broker_urls"),
        ({"environment": ""}, "environment"),
        ({"environment": "Prod"}, "environment"),
        ({"topic_prefix": "a.b"}, "topic_prefix"),
        ({"batch_size": 0}, "batch_size"),
        ({"batch_size": True}, "batch_size"),
        ({"max_poll_records": "500"}, "max_poll_records"),
        ({"session_timeout_ms": 0}, "session_timeout_ms"),
        ({"security_protocol": "TLS"}, "security_protocol"),
        ({"security_protocol": "SASL_SSL"}, "sasl_mechanism"),
        ({"sasl_mechanism": "PLAIN"}, "sasl_mechanism"),
        ({"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM"}, "sasl_mechanism"),
        ({"enable_metrics": 1}, "enable_metrics"),
        ({"metrics_port": 65_536}, "metrics_port"),
        ({"metrics_port": -1}, "metrics_port"),
    ],
)
def test_each_bad_field_is_named(fields, fault):
    with pytest.raises(ConfigurationError, match=fault):
        EventBusConfiguration(**fields)


@pytest.mark.promise("CF-8")
def test_secrets_are_not_shown(caplog):
    url = "kafka://ada:pw-in-url@broker:9092"
    with caplog.at_level(logging.DEBUG), pytest.raises(ConfigurationError) as caught:
        EventBusConfiguration(broker_urls=[url])
    config = EventBusConfiguration(
        security_protocol="SASL_SSL", sasl_mechanism="PLAIN", sasl_username="ada", sasl_password="pw-marked",  # noqa: S106
        ssl_key_password="pw-marked",  # noqa: S106 - made up
    )  # fmt: skip
    shown = f"{config!r} {config} {dataclasses.asdict(config)} {log_of(config)!r} {caught.value} {caplog.text}"
    assert "pw-marked" not in shown
    assert "pw-in-url" not in shown


@pytest.mark.promise("CF-12", "CF-1", "CF-2")
async def test_the_factory_makes_an_open_bus(configured, log_address):
    bus = await configured()
    assert isinstance(bus, ProtocolEventBus)
    assert isinstance(bus, ProtocolKafkaAdapter)
    assert bus._log.address == log_address
    assert "open" in repr(bus)
    assert inspect.iscoroutinefunction(create_event_bus_from_config)
    assert typing.get_type_hints(create_event_bus_from_config)["config"] is EventBusConfiguration


@pytest.mark.promise("CF-3", "CF-4", "BP-1")
async def test_environment_and_prefix_are_in_names_and_events(configured):
    bus = await configured(environment="e-1", topic_prefix=f"p{uuid.uuid4().hex[:8]}")
    await bus.create_topic("orders", 1)
    await bus.publish_event(create_test_event(), "orders")
    (found,) = await bus.consume_from_partition("orders", 0, 0)
    assert found.record.topic == f"{bus.topic_prefix}.e-1.orders"
    assert found.metadata.environment == "e-1"
    assert dict(found.record.headers)[b"environment"] == b"e-1"


@pytest.mark.promise("CF-5")
async def test_the_batch_size_is_events_at_once_and_no_setting_of_the_client(configured, monkeypatch):
    bus = await configured(batch_size=7)
    sizes, at_once = [], 0
    publish = type(bus).publish_outcome

    async def watched(self, event, target_topic=None):
        nonlocal at_once
        at_once += 1
        sizes.append(at_once)
        try:
            return await publish(self, event, "orders")
        finally:
            at_once -= 1

    await bus.create_topic("orders", 1)
    monkeypatch.setattr(type(bus), "publish_outcome", watched)
    assert await bus.batch_publish_events([create_test_event() for _ in range(20)]) == [True] * 20
    assert max(sizes) == 7
    big = create_test_event(payload={"text": "x" * 100_000})
    assert await bus.batch_publish_events([big]) == [True], "a byte setting of 7 would refuse it"


@pytest.mark.promise("CF-6", "CF-7")
async def test_polls_and_sessions_are_as_configured(configured, monkeypatch):
    bus = await configured(max_poll_records=3, session_timeout_ms=12_345)
    await bus.create_topic("orders", 1)
    for _ in range(10):
        await bus.publish_event(create_test_event(), "orders")
    polled, asked = [], []
    make = bus._log.member

    def member(group_id, topics, **kwargs):
        asked.append(kwargs["session_timeout_ms"])
        made = make(group_id, topics, **kwargs)
        poll = made.poll

        async def watched(max_records, max_wait_ms):
            records = await poll(max_records, max_wait_ms)
            polled.append(len(records))
            return records

        made.poll = watched
        return made

    monkeypatch.setattr(bus._log, "member", member)
    handled = []

    async def keep(event):
        handled.append(event)

    end = await bus.subscribe("orders", "g", keep, start="earliest")
    await wait_until(lambda: len(handled) >= 10, timeout_s=30, what="delivery")
    await end()
    assert max(polled) == 3
    assert asked == [12_345]


@pytest.mark.promise("CF-12")
async def test_extras_reach_the_bus(configured):
    strict = await configured(require_security_context=True, extra_event_types=frozenset({"order.placed"}))
    await strict.create_topic("order_events", 1)
    with pytest.raises(ValidationError):
        await strict.publish_event(create_test_event(event_type="order.placed"))
    assert await strict.publish_event(create_test_event(event_type="order.placed", user_id="ada")) is True
    reading = await configured(read_only=True)
    with pytest.raises(PublishError, match="read-only"):
        await reading.publish_event(create_test_event())
