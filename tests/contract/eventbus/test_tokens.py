"""A marked token goes through everything, and is then searched for in every file, log and repr."""

from __future__ import annotations

import dataclasses
import logging
import pickle

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

import workbench
from workbench.errors import NonRetryableError, ValidationError
from workbench.eventbus import send_to_dead_letter_queue
from workbench.eventbus.event_store import EventSourcing, EventStore, replay_events
from workbench.model import NewRecord
from workbench.testing import create_test_event, wait_until

TOKEN = "eyJhbGciOiJub25lIn0.marked-token-4711"  # noqa: S105 - made up


@pytest.fixture
def spans(monkeypatch):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield exporter
    provider.shutdown()


def holding(folder):
    """Files that hold the token, whatever their format."""
    return [path.name for path in folder.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


@pytest.mark.promise("BP-4", "TY-10")
async def test_a_token_is_nowhere(bus, tmp_path, caplog, spans):
    caplog.set_level(logging.DEBUG)
    store = EventStore.open(tmp_path / "store.duckdb")
    shown = []

    async def refusing(event):
        shown.append(f"{event!r} {event}")
        raise NonRetryableError("no")

    for topic in ("user_events", "dead_letter_queue"):
        await bus.create_topic(topic, 1)
    sourcing = await EventSourcing(bus, store).start()
    end = await bus.subscribe_to_topic("user_events", "g", refusing)
    event = create_test_event(token=TOKEN, user_id="ada")
    shown.append(f"{event!r} {event.security_context!r}")
    await bus.publish_event(event)
    await bus.publish_to_partition("user_events", 0, event, "tx")
    await bus.batch_publish_events([event])
    await send_to_dead_letter_queue(bus, event, "by hand")
    with pytest.raises(ValidationError) as caught:
        await bus.publish_event(dataclasses.replace(event, event_id=""))
    shown.append(f"{caught.value!r} {caught.value.errors} {caught.value.__cause__} {pickle.dumps(caught.value)!r}")
    counts = bus.subscriptions[-1].delivery.counts
    await wait_until(lambda: counts["dead_lettered"] >= 3, timeout_s=45, what="the dead letters")

    async def all_stored():
        return bool(await replay_events(store, event.metadata.correlation_id))

    await wait_until(all_stored, timeout_s=45, what="the event store")
    await end()
    await sourcing()
    shown.append(repr(await replay_events(store, event.metadata.correlation_id)))
    store.close()
    async with await workbench.connect(bus._log.address) as cluster:
        with await cluster.capture(f"{bus.topic_prefix}.{bus.environment}.*", into=tmp_path / "snap.duckdb") as snap:
            assert len(snap.events()) >= 7
            shown += [
                repr(snap),
                snap._repr_html_(),
                snap.events().to_html(),
                repr(snap.dead_letters().frame.to_dict()),
            ]
            snap.export(tmp_path / "out.parquet")
            snap.export(tmp_path / "out.jsonl")
            snap.pack()
            shown.append(repr(snap.sql("select * from records").to_dict()))
    for partition in (0,):
        found = await bus.read_records("dead_letter_queue", partition, 0)
        shown += [f"{entry!r} {entry.record!r}" for entry in found]
    assert len(list(tmp_path.rglob("*"))) >= 4
    assert holding(tmp_path) == []
    assert TOKEN not in "".join(shown)
    assert TOKEN not in caplog.text
    assert TOKEN not in "".join(span.to_json() for span in spans.get_finished_spans())


@pytest.mark.promise("BP-4", "TY-10")
async def test_a_token_is_transmitted_only_when_told_and_even_then_not_dead_lettered(make_bus):
    bus = make_bus(transmit_tokens=True)
    got = []

    async def refusing(event):
        got.append(event.security_context.token)
        assert TOKEN not in repr(event.security_context)
        raise NonRetryableError("no")

    for topic in ("user_events", "dead_letter_queue"):
        await bus.create_topic(topic, 1)
    end = await bus.subscribe_to_topic("user_events", "g", refusing)
    await bus.publish_event(create_test_event(token=TOKEN, user_id="ada"))
    counts = bus.subscriptions[0].delivery.counts
    await wait_until(lambda: counts["dead_lettered"], timeout_s=30, what="the dead letter")
    await end()
    (letter,) = await bus.consume_from_partition("dead_letter_queue", 0, 0)
    assert got == [TOKEN]
    assert TOKEN.encode() not in letter.record.value
    assert letter.payload["redacted"] == ["security_context.token", "original_value_b64"]


@pytest.mark.promise("BP-4", "SF-3")
async def test_a_malformed_record_with_a_token_is_dead_lettered_without_it(bus):
    async def nothing(_event):
        pass

    for topic in ("user_events", "dead_letter_queue"):
        await bus.create_topic(topic, 1)
    end = await bus.subscribe_to_topic("user_events", "g", nothing)
    body = b'{"event_id": "", "security_context": {"user_id": "a", "token": "%s"}}' % TOKEN.encode()
    async with bus._log.writer() as writer:
        await writer.send([NewRecord(bus.physical_name("user_events"), None, body, (), 0)])
    counts = bus.subscriptions[0].delivery.counts
    await wait_until(lambda: counts["dead_lettered"], timeout_s=30, what="the dead letter")
    await end()
    (letter,) = await bus.consume_from_partition("dead_letter_queue", 0, 0)
    assert letter.payload["original_value_b64"] is None
    assert letter.payload["redacted"] == ["original_value_b64"]


@pytest.mark.promise("RS-8", "IN-6", "KA-10", "TY-5")
async def test_a_snapshot_knows_dead_letters_runs_registry_and_causes(bus, tmp_path):
    async def refusing(event):
        raise ValueError(f"order {event.payload['n']} has price -3.50")

    for topic in ("order_events", "workflow_events", "mcp_events", "dead_letter_queue"):
        await bus.create_topic(topic, 1)
    end = await bus.subscribe_to_topic("order_events", "g", refusing)
    failed = [create_test_event(payload={"n": n}) for n in (17, 18)]
    for event in failed:
        await bus.publish_event(event, "order_events")
    counts = bus.subscriptions[0].delivery.counts
    await wait_until(lambda: counts["dead_lettered"] >= 2, timeout_s=30, what="the dead letters")
    await end()
    created = create_test_event(event_type="workflow.created", payload={"workflow_id": "w"})
    started = create_test_event(
        event_type="workflow.started", payload={"workflow_id": "w"}, causation_id=created.event_id,
        correlation_id=created.metadata.correlation_id,
    )  # fmt: skip
    tool = create_test_event(event_type="mcp.tool_registered", payload={"tool_name": "search"})
    for event in (created, started, tool):
        await bus.publish_event(event)
    async with await workbench.connect(bus._log.address) as cluster:
        with await cluster.capture(f"{bus.topic_prefix}.{bus.environment}.*", into=tmp_path / "snap.duckdb") as snap:
            letters, runs, registry = snap.dead_letters(), snap.workflows(), snap.registry()
            earlier = snap.workflows(at=f"@{created.timestamp}")
            graph = snap.trace(event_id=created.event_id).frame
            family = snap.trace(correlation_id=failed[0].metadata.correlation_id).frame
    assert list(letters.groups["fingerprint"]) == ["94e8757d82cf"]
    assert list(letters.frame["origin_offset"]) == [0, 1]
    assert set(letters.frame["origin_topic"]) == {bus.physical_name("order_events")}
    assert list(runs["state"]) == ["running"]
    assert list(earlier["state"]) == ["created"]
    assert list(registry["name"]) == ["search"]
    assert {created.event_id, started.event_id} <= set(graph["event_id"])
    assert len(family) == 2
