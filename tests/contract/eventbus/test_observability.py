"""Spans across the broker, Prometheus metrics, audit rows; and silence where nobody listens."""

from __future__ import annotations

import inspect
import json
import logging
import socket
import subprocess
import sys
import urllib.request

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.semconv._incubating.attributes import messaging_attributes
from opentelemetry.trace import SpanKind

import workbench
from workbench import telemetry
from workbench.errors import NonRetryableError, PublishError, RetryableError
from workbench.eventbus import EventBus, EventBusConfiguration, FailurePolicy, create_event_bus_from_config
from workbench.eventbus.event_store import EventStore
from workbench.model import TopicPartition
from workbench.telemetry import conventions
from workbench.testing import RecordingSleep, create_test_event, wait_until


@pytest.fixture
def spans(monkeypatch):
    """Spans that ended, as an SDK gets them."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield exporter
    provider.shutdown()


def named(exporter, name):
    return [span for span in exporter.get_finished_spans() if span.name == name]


async def nothing(_event):
    pass


@pytest.mark.promise("PB-14")
async def test_a_trace_crosses_the_broker(bus, spans):
    end = await bus.subscribe_to_topic("user_events", "traced", nothing)
    event = create_test_event()
    tracer = trace.get_tracer("the application")
    with tracer.start_as_current_span("request") as request:
        await bus.publish_event(event)
    await wait_until(lambda: named(spans, telemetry.SPAN_HANDLE), timeout_s=30, what="the handler's span")
    await end()
    (published,), (handled,) = named(spans, telemetry.SPAN_PUBLISH), named(spans, telemetry.SPAN_HANDLE)
    received = named(spans, telemetry.SPAN_RECEIVE)[0]
    assert published.parent.span_id == request.get_span_context().span_id
    assert handled.parent.span_id == published.context.span_id
    assert {span.context.trace_id for span in (published, handled)} == {request.get_span_context().trace_id}
    assert (published.kind, handled.kind) == (SpanKind.PRODUCER, SpanKind.CONSUMER)
    assert [link.context.span_id for link in received.links] == [published.context.span_id]
    assert {link.context.span_id for link in handled.links} == {received.context.span_id, published.context.span_id}
    assert handled.attributes["messaging.message.id"] == event.event_id
    assert handled.attributes["messaging.consumer.group.name"] == bus.physical_name("traced")
    assert handled.attributes["messaging.destination.name"] == bus.physical_name("user_events")
    assert handled.attributes["messaging.kafka.offset"] == published.attributes["messaging.kafka.offset"] == 0


@pytest.mark.promise("PB-14")
async def test_the_context_is_a_w3c_header(bus, spans):
    await bus.create_topic("user_events", 1)
    await bus.publish_event(create_test_event())
    (found,) = await bus.consume_from_partition("user_events", 0, 0)
    (published,) = named(spans, telemetry.SPAN_PUBLISH)
    context = published.context
    assert dict(found.record.headers)[b"traceparent"] == (
        b"00-%032x-%016x-%02x" % (context.trace_id, context.span_id, context.trace_flags)
    )


@pytest.mark.promise("PB-14")
async def test_retries_and_dead_letters_are_spans_of_their_handler(bus, spans):
    async def failing(_event):
        raise RetryableError("secret text of the failure")

    policy = FailurePolicy(sleep=RecordingSleep())
    end = await bus.subscribe("user_events", "failing", failing, failure_policy=policy)
    await bus.publish_event(create_test_event())
    await wait_until(lambda: named(spans, telemetry.SPAN_HANDLE), timeout_s=30, what="the handler's span")
    await end()
    (handled,), (letter,) = named(spans, telemetry.SPAN_HANDLE), named(spans, telemetry.SPAN_DEAD_LETTER)
    retries = named(spans, telemetry.SPAN_RETRY)
    assert [span.attributes["workbench.attempt"] for span in retries] == [2, 3]
    assert {span.parent.span_id for span in (*retries, letter)} == {handled.context.span_id}
    assert not handled.status.is_ok
    assert handled.attributes["error.type"] == letter.attributes["error.type"] == "RetryableError"
    dead = next(span for span in named(spans, telemetry.SPAN_PUBLISH) if span.parent is not None)
    assert dead.parent.span_id == letter.context.span_id


@pytest.mark.promise("PB-14")
async def test_a_failed_publish_is_a_failed_span(make_bus, spans):
    bus = make_bus(create_missing=False)
    with pytest.raises(PublishError):
        await bus.publish_event(create_test_event())
    (published,) = named(spans, telemetry.SPAN_PUBLISH)
    assert not published.status.is_ok


OPERATIONS = {
    "start": lambda bus: bus.start(),
    "create_topic": lambda bus: bus.create_topic("walk", 1),
    "add_partitions": lambda bus: bus.add_partitions("walk", 2),
    "publish_event": lambda bus: bus.publish_event(create_test_event(), "walk"),
    "publish_outcome": lambda bus: bus.publish_outcome(create_test_event(), "walk"),
    "publish_to_partition": lambda bus: bus.publish_to_partition("walk", 0, create_test_event(), "tx"),
    "batch_publish_events": lambda bus: bus.batch_publish_events([create_test_event()]),
    "publish_batch_outcomes": lambda bus: bus.publish_batch_outcomes([create_test_event()]),
    "subscribe_to_topic": lambda bus: bus.subscribe_to_topic("walk", "g", nothing),
    "subscribe": lambda bus: bus.subscribe("walk", "h", nothing),
    "get_topic_info": lambda bus: bus.get_topic_info("walk"),
    "list_topics": lambda bus: bus.list_topics(),
    "groups": lambda bus: bus.groups(),
    "consume_from_partition": lambda bus: bus.consume_from_partition("walk", 0, 0),
    "read_records": lambda bus: bus.read_records("walk", 0, 0),
    "partition_info": lambda bus: bus.partition_info("walk"),
    "committed": lambda bus: bus.committed("g"),
    "lag": lambda bus: bus.lag("g"),
    "reset_offsets": lambda bus: bus.reset_offsets("g", {TopicPartition(bus.physical_name("walk"), 0): 0}),
    "aclose": lambda bus: bus.aclose(),
}


@pytest.mark.promise("BP-7", "PB-14")
async def test_every_public_operation_is_a_span(bus, spans):
    public = {
        name for name, function in inspect.getmembers(EventBus, inspect.iscoroutinefunction) if not name.startswith("_")
    }
    assert public == set(OPERATIONS), "a new operation joins the walk"
    for name, operation in OPERATIONS.items():
        spans.clear()
        await operation(bus)
        found = {span.name for span in spans.get_finished_spans()}
        assert found & {telemetry.SPAN_MANAGE, telemetry.SPAN_PUBLISH}, name


@pytest.mark.promise("PB-14")
async def test_captures_and_replays_are_spans(bus, spans, tmp_path):
    await bus.create_topic("user_events", 1)
    await bus.create_topic("again", 1)
    await bus.publish_event(create_test_event())
    address = bus._log.address
    async with await workbench.connect(address, write=True, reason="test") as cluster:
        with await cluster.capture(bus.physical_name("user_events"), into=tmp_path / "s.duckdb") as snap:
            plan = await cluster.plan(snap.replay("true"), to=bus.physical_name("again"))
            report = await cluster.run(plan, confirm=plan.token)
    assert report.counts["acked"] == 1
    (captured,), (replayed,) = named(spans, telemetry.SPAN_CAPTURE), named(spans, telemetry.SPAN_REPLAY)
    assert captured.status.is_ok
    assert replayed.attributes["messaging.operation.name"] == "replay"


@pytest.mark.promise("PB-14")
def test_the_names_are_the_conventions_own():
    ours = {
        value for name, value in vars(conventions).items() if name.isupper() and str(value).startswith("messaging.")
    }
    theirs = {value for name, value in vars(messaging_attributes).items() if name.startswith("MESSAGING_")}
    assert len(ours) >= 9
    assert ours <= theirs


@pytest.mark.promise("PB-14")
def test_all_of_it_works_without_an_sdk():
    code = """
import asyncio, sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("opentelemetry.sdk"):
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from workbench.testing import MockEventBusImplementation, create_test_event, wait_until
async def main():
    got = []
    async def handler(event):
        got.append(dict(event.record.headers))
    async with MockEventBusImplementation() as bus:
        end = await bus.subscribe_to_topic("user_events", "g", handler)
        await bus.publish_event(create_test_event())
        await wait_until(lambda: got)
        await end()
    print(b"traceparent" in got[0], [name for name in sys.modules if name.startswith("opentelemetry.sdk")])
asyncio.run(main())
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=50)
    assert run.stdout == "False []\n"


def configured(log_address, **options):
    return EventBusConfiguration(broker_urls=[log_address], environment="metered", **options)


def scraped(url):
    with urllib.request.urlopen(url, timeout=5) as answer:
        lines = answer.read().decode().splitlines()
    return {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


@pytest.mark.promise("CF-10", "CF-11")
async def test_metrics_count_what_a_configured_bus_does():
    address = "memory://metered-bus"
    async with await create_event_bus_from_config(configured(address, metrics_port=0)) as bus:
        assert bus.metrics_url.startswith("http://127.0.0.1:")

        async def refusing(event):
            if event.payload.get("bad"):
                raise NonRetryableError("no")

        end = await bus.subscribe_to_topic("user_events", "g", refusing)
        await bus.publish_event(create_test_event())
        await bus.publish_event(create_test_event(payload={"bad": True}))
        await wait_until(lambda: bus.subscriptions[0].delivery.counts["dead_lettered"], what="the dead letter")
        await end()
        found = scraped(bus.metrics_url)
        label = f'{{cluster="{address}"}}'
        assert {name: found.get(f"workbench_{name}_total{label}") for name in (
            "published_records", "received_records", "delivered_events", "failed_events", "dead_lettered_records",
        )} == {
            "published_records": 3, "received_records": 2, "delivered_events": 1, "failed_events": 1,
            "dead_lettered_records": 1,
        }  # fmt: skip
        assert found[f"workbench_handler_seconds_count{label}"] == 2
        url = bus.metrics_url
    assert bus.metrics_url is None
    with pytest.raises(OSError, match="refused"):
        scraped(url)


@pytest.mark.promise("CF-10")
async def test_no_socket_without_metrics(monkeypatch):
    monkeypatch.setattr(telemetry.endpoint, "serve_metrics", None)
    async with await create_event_bus_from_config(configured("memory://quiet", enable_metrics=False)) as bus:
        assert bus.metrics_url is None
        await bus.publish_event(create_test_event())


@pytest.mark.promise("CF-11")
async def test_a_port_in_use_is_a_warning_and_no_more(caplog):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with caplog.at_level(logging.WARNING):
            async with await create_event_bus_from_config(configured("memory://taken", metrics_port=port)) as bus:
                assert bus.metrics_url is None
                assert await bus.publish_event(create_test_event()) is True
    assert any(str(port) in message for message in caplog.messages)


@pytest.mark.promise("CF-11")
async def test_one_endpoint_serves_all_buses_of_a_process():
    async with await create_event_bus_from_config(configured("memory://one", metrics_port=0)) as one:
        async with await create_event_bus_from_config(configured("memory://two", metrics_port=0)) as two:
            assert one.metrics_url == two.metrics_url
            url = two.metrics_url
        assert scraped(url)
    with pytest.raises(OSError, match="refused"):
        scraped(url)


@pytest.mark.promise("ES-8")
async def test_every_change_is_an_audit_row(make_bus, tmp_path):
    store = EventStore.open(tmp_path / "audit.duckdb")
    bus = make_bus(audit=store, who="ada", reason="INC-42", create_missing=False)
    await bus.create_topic("audited", 1)
    event = create_test_event()
    await bus.publish_event(event, "audited")
    with pytest.raises(PublishError):
        await bus.publish_event(create_test_event(), "nobody_made_it")
    await bus.add_partitions("audited", 2)
    end = await bus.subscribe_to_topic("audited", "g", nothing)
    await end()
    place = TopicPartition(bus.physical_name("audited"), 0)
    await bus.reset_offsets("g", {place: 0})
    await bus.reset_offsets("g", {place: 0}, dry_run=False)
    with store._connection.cursor() as cursor:
        rows = cursor.execute(
            'SELECT action, result, who, reason, cluster, topic, records, details, "at" FROM audit ORDER BY "at"'
        ).fetchall()
    store.close()
    address, physical = bus._log.address, bus.physical_name("audited")
    assert [row[:7] for row in rows] == [
        ("topic.create", "done", "ada", "INC-42", address, physical, None),
        ("publish", "acked", "ada", "INC-42", address, physical, 1),
        ("publish", "failed: PublishError", "ada", "INC-42", address, bus.physical_name("nobody_made_it"), 1),
        ("topic.add_partitions", "done", "ada", "INC-42", address, physical, None),
        ("offsets.reset", "done", "ada", "INC-42", address, None, None),
    ]
    assert json.loads(rows[1][7])["event_id"] == event.event_id
    assert json.loads(rows[4][7])["after"] == {str(place): 0}
    assert all(row[8] is not None for row in rows)
