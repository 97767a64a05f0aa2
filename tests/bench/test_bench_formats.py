"""Avro and Protobuf of 600 B in batches, against fastavro and google.protobuf alone in the same run."""

from __future__ import annotations

import io
import json
import time

import fastavro
import golden_vectors
import pytest
from google.protobuf import json_format
from protobuf_messages import message_of
from serialised_values import avro_bytes, avro_schema, framed, schemas_of

from workbench.decoding import Decoder
from workbench.model import Record, TimestampType
from workbench.model.schemas import Schema

pytestmark = pytest.mark.bench
ROWS = 20_000
LEAST_RATE, LEAST_RATIO = 100_000, 0.6
"""Rows per second of CPU, and how fast at least against the library alone."""
LINE = [("sku", "string"), ("quantity", "int"), ("price", "double")]
ORDER = {
    "type": "record",
    "name": "Order",
    "fields": [
        *({"name": name, "type": "string"} for name in ("event_id", "correlation_id", "event_type", "note")),
        {"name": "at", "type": "long"},
        {"name": "total", "type": "double"},
        {
            "name": "lines",
            "type": {
                "type": "array",
                "items": {"type": "record", "name": "Line", "fields": [{"name": n, "type": t} for n, t in LINE]},
            },
        },
    ],
}
PROTO = """syntax = "proto3";
message Order {
  string event_id = 1; string correlation_id = 2; string event_type = 3; string note = 4;
  int64 at = 5; double total = 6;
  message Line { string sku = 1; int32 quantity = 2; double price = 3; }
  repeated Line lines = 7;
}"""


def order(at):
    return {
        "event_id": f"0f8fad5b-d9cb-469f-a165-{at:012}",
        "correlation_id": f"flow-{at % 100}",
        "event_type": "order.paid",
        "note": "n" * 330,
        "at": 1_764_000_000_000 + at,
        "total": at * 1.25,
        "lines": [{"sku": f"sku-{line}", "quantity": line, "price": line * 2.49} for line in range(8)],
    }


def cpu(work, times=3):
    """Return the fewest seconds of CPU that a piece of work took."""
    taken = []
    for _ in range(times):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return min(taken)


def measured(benchmark, schema, bodies, prefix, alone):  # the library alone makes its own objects, and no JSON
    values = [framed(7, prefix + body) for body in bodies]
    records = [Record("t", 0, at, 0, TimestampType.CREATE, None, value, ()) for at, value in enumerate(values)]
    batch, decoder = golden_vectors.record_batch(records), Decoder(schemas=schemas_of(schema))
    events = decoder.decode(batch, "t")
    assert events["decoded"].null_count == 0
    assert events["event_id"].to_pylist()[:2] == [order(at)["event_id"] for at in range(2)]
    ours, theirs = cpu(lambda: decoder.decode(batch, "t")), cpu(lambda: [alone(body) for body in bodies])
    benchmark.extra_info |= {
        "bytes": len(bodies[0]),
        "rows per second of CPU": round(ROWS / ours),
        "library alone": round(ROWS / theirs),
        "ratio": round(theirs / ours, 2),
    }
    benchmark.pedantic(lambda: decoder.decode(batch, "t"), rounds=3)


def test_avro(benchmark):
    parsed = fastavro.parse_schema(ORDER)
    bodies = [avro_bytes(ORDER, order(at)) for at in range(ROWS)]
    schema = avro_schema(7, ORDER)
    measured(benchmark, schema, bodies, b"", lambda body: fastavro.schemaless_reader(io.BytesIO(body), parsed, None))
    assert json.loads(schema.text) == ORDER
    check(benchmark.extra_info, "ratio")


def test_protobuf(benchmark):
    message = message_of("Order", None, PROTO)
    bodies = [message_of("Order", order(at), PROTO).SerializeToString() for at in range(ROWS)]
    # upb alone keeps the bytes of fields until they are asked for; this is the time until all of them were.
    measured(
        benchmark,
        Schema(7, "PROTOBUF", PROTO),
        bodies,
        b"\0",
        lambda body: json_format.MessageToDict(type(message).FromString(body)),
    )
    parsed = cpu(lambda: [type(message).FromString(body) for body in bodies])
    read = cpu(lambda: [every_field(type(message).FromString(body)) for body in bodies])
    ours = ROWS / benchmark.extra_info["rows per second of CPU"]
    benchmark.extra_info |= {
        "ratio to FromString": round(parsed / ours, 2),
        "ratio to FromString and every field": round(read / ours, 2),
    }
    check(benchmark.extra_info, "ratio to FromString")


def check(found, ratio):
    print(found)  # noqa: T201 - a measurement is read by a person
    assert found["rows per second of CPU"] >= LEAST_RATE
    assert found[ratio] >= LEAST_RATIO


def every_field(order):
    """Read what a consumer reads: the fields of the message and of its lines."""
    lines = [(line.sku, line.quantity, line.price) for line in order.lines]
    return order.event_id, order.correlation_id, order.event_type, order.note, order.at, order.total, lines
