"""Values by fastavro through a cluster: captured with their schemas, followed live, and read without the registry."""

from __future__ import annotations

import json
import uuid

import pytest
from framed_values import ORDER, ORDER_2, avro_value, framed
from registry_server import serving

import workbench as wb
from workbench.model import NewRecord


@pytest.fixture
def server():
    with serving() as state:
        yield state


@pytest.fixture
async def cluster(address, server):
    async with await wb.connect(address, write=True, reason="test", schema_registry=server.url) as opened:
        yield opened


async def test_a_topic_whose_schema_changes(cluster, server, topic_name, tmp_path):
    topic = topic_name("orders")
    first = await cluster.schemas.register(f"{topic}-value", ORDER, "AVRO")
    second = await cluster.schemas.register(f"{topic}-value", ORDER_2, "AVRO")
    old = [avro_value(first, ORDER, {"orderId": str(n), "cents": n}) for n in range(100)]
    new = [avro_value(second, ORDER_2, {"orderId": str(n), "cents": n, "note": "x"}) for n in range(50)]
    await cluster.log.create_topic(topic, partitions=2)
    values = [*old, *new, b'{"event_id": "plain"}', framed(999_999, b"?")]
    async with cluster.log.writer() as writer:
        await writer.send([NewRecord(topic, partition=0, value=value) for value in values])
        await writer.send([NewRecord(topic, partition=1, value=value) for value in new])
    with await cluster.capture(topic, into=tmp_path / "a.duckdb", progress=False) as snap:
        assert snap.last_capture.records == len(values) + len(new)
        assert snap.last_capture.state == "complete"
        usage = snap.schemas.usage()
        rows = list(zip(usage.partition, usage.schema_id.fillna(-1), usage.records, usage.first_offset, strict=True))
        assert rows == [
            (0, first, 100, 0),
            (0, second, 50, 100),
            (0, -1, 1, 150),
            (0, 999_999, 1, 151),
            (1, second, 50, 0),
        ]
        assert usage.schema.tolist()[:2] == ["shop.Order", "shop.Order"]
        assert [json.loads(text) for text in snap.schemas.frame.text] == [ORDER, ORDER_2]
        raw = snap.sql("SELECT value FROM records ORDER BY partition, offset").value.tolist()
        assert [bytes(value) for value in raw] == [*values, *new]
        snap.copy_to(tmp_path / "b.duckdb")
        decoded = snap.sql("SELECT payload FROM events WHERE format = 'avro' ORDER BY partition, offset").payload
        expected = [{"orderId": str(n), "cents": n} for n in range(100)]
        expected += [{"orderId": str(n), "cents": n, "note": "x"} for n in range(50)] * 2
        assert [json.loads(text) for text in decoded] == expected
    asked = len(server.asked)
    with wb.open(tmp_path / "b.duckdb", write=True) as mailed:
        assert mailed.decode_again().rows == len(values) + len(new)
        sums = mailed.sql("SELECT sum((payload->>'$.cents')::int) AS total FROM events WHERE format = 'avro'")
        assert sums.total[0] == sum(range(100)) + 2 * sum(range(50))
    assert len(server.asked) == asked
    assert server.count("GET", f"/schemas/ids/{first}") == 1


EVENT = {
    "type": "record",
    "name": "Event",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "event_type", "type": "string"},
        {"name": "correlation_id", "type": "string"},
        {"name": "causation_id", "type": ["null", "string"]},
        {"name": "cents", "type": "long"},
    ],
}


async def test_captured_avro_is_replayed_with_new_ids_and_edits(cluster, topic_name, tmp_path):
    source, target = topic_name("events"), topic_name("copies")
    number = await cluster.schemas.register(f"{source}-value", EVENT, "AVRO")
    causes = [None, "e0", "e1", "elsewhere"]
    events = [
        {"event_id": f"e{n}", "event_type": "paid", "correlation_id": "k", "causation_id": cause, "cents": n}
        for n, cause in enumerate(causes)
    ]
    for name in (source, target):
        await cluster.log.create_topic(name, partitions=1)
    async with cluster.log.writer() as writer:
        await writer.send([NewRecord(source, partition=0, value=avro_value(number, EVENT, one)) for one in events])
    with await cluster.capture(source, into=tmp_path / "a.duckdb", progress=False) as snap:
        edited = snap.replay("true", ids="new").edit([{"op": "replace", "path": "/cents", "value": 7}])
        plan = await cluster.plan(edited, target)
        assert plan.refusals == ()
        report = await cluster.run(plan, confirm=plan.token)
        assert report.state == "verified"
        new = [str(uuid.uuid5(uuid.UUID(plan.run_id), f"e{n}")) for n in range(4)]
        flow = str(uuid.uuid5(uuid.UUID(plan.run_id), "k"))
    wanted = [
        {"event_id": new[n], "event_type": "paid", "correlation_id": flow, "causation_id": cause, "cents": 7}
        for n, cause in enumerate([None, new[0], new[1], None])
    ]
    with await cluster.capture(target, into=tmp_path / "b.duckdb", progress=False) as copied:
        values = copied.sql('SELECT value FROM records ORDER BY "offset"').value
        assert [bytes(value) for value in values] == [avro_value(number, EVENT, one) for one in wanted]
