"""Avro, MessagePack and CBOR by other people's serialisers on a real Kafka: captured, and read like JSON."""

from __future__ import annotations

import asyncio
import decimal
import io
import json
import uuid
from typing import TYPE_CHECKING

import cbor2
import fastavro
import msgpack
import pytest
from confluent_kafka import Producer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from protobuf_messages import message_of

import workbench as wb
from workbench.bus import open_log

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.broker
ORDERS = 40
ORDER = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "event_id", "type": "string"},
        {"name": "correlation_id", "type": "string"},
        {"name": "event_type", "type": "string"},
        {"name": "total", "type": {"type": "bytes", "logicalType": "decimal", "precision": 38, "scale": 2}},
        {"name": "lines", "type": {"type": "array", "items": "long"}},
    ],
}
FILE = """
[topics."{name}"]
format = "avro"
schema = "order.avsc"

[topics."{packed}"]
format = "msgpack"
"""


def order(at):
    return {
        "event_id": f"o-{at}",
        "correlation_id": f"flow-{at % 4}",
        "event_type": "order.paid",
        "total": decimal.Decimal(at) / 100,
        "lines": [at, 2**62 + at],
    }


@pytest.fixture
async def topics(kafka_address, topic_name: Callable[..., str]):
    avro, packed, tagged = topic_name("avro"), topic_name("packed"), topic_name("tagged")
    async with open_log(kafka_address) as log:
        for name in (avro, packed, tagged):
            await log.create_topic(name)
    registry = SchemaRegistryClient.new_client({"url": "mock://formats"})
    serialise = AvroSerializer(registry, json.dumps(ORDER))
    producer = Producer({"bootstrap.servers": kafka_address})
    for at in range(ORDERS):
        value = order(at)
        producer.produce(avro, serialise(value, SerializationContext(avro, MessageField.VALUE)))
        plain = {**value, "total": str(value["total"])}
        producer.produce(packed, msgpack.packb(plain))
        producer.produce(tagged, cbor2.dumps(plain), headers={"content-type": b"application/cbor"})
    assert await asyncio.to_thread(producer.flush, 30) == 0
    return avro, packed, tagged


async def test_values_of_any_format_are_payload(kafka_address, topics, tmp_path, monkeypatch):
    avro, packed, tagged = topics
    monkeypatch.chdir(tmp_path)
    (tmp_path / "order.avsc").write_text(json.dumps(ORDER))
    (tmp_path / "workbench.toml").write_text(FILE.format(name=avro, packed=packed))
    async with await wb.connect(f"kafka://{kafka_address}") as cluster:
        names = [avro, packed, tagged]
        with await cluster.capture(names, start="start", into=tmp_path / "all.duckdb", progress=False) as snap:
            kinds = snap.sql("select topic, format, count(*) n from events group by all order by format")
            assert kinds["format"].tolist() == ["avro", "cbor", "msgpack"]
            assert kinds["n"].tolist() == [ORDERS] * 3
            rows = snap.sql(
                "select event_id, payload->>'$.total' total, payload->>'$.lines[1]' line from events "
                f"where topic = '{avro}' order by \"offset\""
            )
            assert rows["event_id"].tolist() == [f"o-{at}" for at in range(ORDERS)]
            assert rows["total"].tolist() == [f"{order(at)['total']:.2f}" for at in range(ORDERS)]
            assert rows["line"].tolist() == [str(2**62 + at) for at in range(ORDERS)]
            assert len(snap.trace(correlation_id="flow-1")) == 3 * ORDERS // 4
            frame = snap.payload(avro)
            assert frame["event_type"].unique().tolist() == ["order.paid"]
            fields = snap.describe().frame
            assert set(fields[fields["topic"] == avro]["field"]) >= {"value:event_id", "value:total", "value:lines"}
            value = snap.sql(f"select value from records where topic = '{avro}' order by \"offset\" limit 1")["value"][
                0
            ]
            read = fastavro.schemaless_reader(io.BytesIO(bytes(value)[5:]), ORDER)
            assert read["event_id"] == "o-0"


PROTO = """syntax = "proto3"; package shop;
message Head { int32 version = 1; }
message Paid { string event_id = 1; string correlation_id = 2; int64 cents = 3; Head head = 4; }"""


async def test_protobuf_by_confluents_serialiser(kafka_address, topic_name, tmp_path, monkeypatch):
    name = topic_name("proto")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "paid.proto").write_text(PROTO)
    (tmp_path / "workbench.toml").write_text(f'[topics."{name}"]\nformat = "protobuf"\nschema = "paid.proto"\n')
    kind = type(message_of("shop.Paid", None, PROTO))
    registry = SchemaRegistryClient.new_client({"url": "mock://proto"})
    serialise = ProtobufSerializer(kind, registry, {"use.deprecated.format": False})
    producer = Producer({"bootstrap.servers": kafka_address})
    async with await wb.connect(f"kafka://{kafka_address}") as cluster:
        async with open_log(kafka_address) as log:
            await log.create_topic(name)
        for at in range(ORDERS):
            value = {"event_id": f"p-{at}", "correlation_id": "flow", "cents": str(2**60 + at), "head": {"version": 2}}
            message = message_of("shop.Paid", value, PROTO)
            producer.produce(name, serialise(message, SerializationContext(name, MessageField.VALUE)))
        assert await asyncio.to_thread(producer.flush, 30) == 0
        with await cluster.capture(name, start="start", into=tmp_path / "p.duckdb", progress=False) as snap:
            rows = snap.sql("select event_id, format, payload->>'$.cents' cents from events order by \"offset\"")
            assert rows["format"].unique().tolist() == ["protobuf"]
            assert rows["event_id"].tolist() == [f"p-{at}" for at in range(ORDERS)]
            assert rows["cents"].tolist() == [str(2**60 + at) for at in range(ORDERS)]


async def test_without_the_schema_values_are_raw_and_read_later(kafka_address, topics, tmp_path, monkeypatch):
    avro, *_ = topics
    monkeypatch.chdir(tmp_path)
    async with await wb.connect(f"kafka://{kafka_address}") as cluster:
        with await cluster.capture(avro, start="start", into=tmp_path / "raw.duckdb", progress=False) as snap:
            rows = snap.sql("select distinct format, raw_reason from events")
            assert rows.to_numpy().tolist() == [["raw", "schema id 1 is not known: no registry was asked for it"]]
            (tmp_path / "order.avsc").write_text(json.dumps(ORDER))
            (tmp_path / "workbench.toml").write_text(FILE.format(name=avro, packed=uuid.uuid4().hex))
            snap.decode_again()
            assert snap.sql("select distinct format from events")["format"].tolist() == ["avro"]
            assert snap.sql("select count(payload) n from records")["n"][0] == ORDERS
