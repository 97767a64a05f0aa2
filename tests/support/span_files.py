"""Files of spans in the formats of Jaeger, Zipkin and OpenTelemetry, and bytes of OTLP Protobuf."""

from __future__ import annotations

import json
import struct
from typing import Any

TRACE = "5c1f9d0e7a3b42468c2d1e0f9a8b7c6d"
"""A trace id; the spans of these files are named by `span_id`."""


def span_id(number: int) -> str:
    """Return the id of a span."""
    return f"{number:016x}"


def jaeger_span(number: int, start: int, duration: int, *parents: Any, **more: Any) -> dict[str, Any]:
    """Return a span of Jaeger; a parent is a number, or a pair of a reference type and a number."""
    references = [("CHILD_OF", one) if isinstance(one, int) else one for one in parents]
    return {
        "traceID": TRACE,
        "spanID": span_id(number),
        "operationName": f"op{number}",
        "startTime": start,
        "duration": duration,
        "processID": "p1",
        "references": [{"refType": kind, "traceID": TRACE, "spanID": span_id(one)} for kind, one in references],
        "tags": [],
        **more,
    }


def jaeger(*spans: dict[str, Any]) -> bytes:
    """Return a file of Jaeger with one service."""
    trace = {"traceID": TRACE, "spans": list(spans), "processes": {"p1": {"serviceName": "shop"}}}
    return json.dumps({"data": [trace]}).encode()


def otlp_span(number: int, start_us: int, end_us: int, parent: int | None = None, **more: Any) -> dict[str, Any]:
    """Return a span of OTLP JSON."""
    return {
        "traceId": TRACE,
        "spanId": span_id(number),
        "parentSpanId": "" if parent is None else span_id(parent),
        "name": f"op{number}",
        "startTimeUnixNano": str(start_us * 1000),
        "endTimeUnixNano": str(end_us * 1000),
        **more,
    }


def otlp(*spans: dict[str, Any], service: str = "shop") -> bytes:
    """Return an export request of OTLP JSON."""
    name = {"key": "service.name", "value": {"stringValue": service}}
    resource = {"resource": {"attributes": [name]}, "scopeSpans": [{"spans": list(spans)}]}
    return json.dumps({"resourceSpans": [resource]}).encode()


def attribute(key: str, value: str | int) -> dict[str, Any]:
    """Return an attribute of OTLP JSON."""
    kind = "boolValue" if isinstance(value, bool) else "intValue" if isinstance(value, int) else "stringValue"
    return {"key": key, "value": {kind: str(value) if kind == "intValue" else value}}


def field(number: int, value: Any) -> bytes:
    """Return one field of a Protobuf message: bytes, a varint, or a double."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    return varint(number << 3) + varint(value)


def varint(value: int) -> bytes:
    """Return a number as Protobuf writes it."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def protobuf_request() -> bytes:
    """Return an export request with two spans: a producer, and a failed consumer below it that links elsewhere."""
    trace = bytes.fromhex(TRACE)

    def pair(key: str, value: bytes) -> bytes:
        return field(1, key.encode()) + field(2, value)

    def fixed(number: int, value: int) -> bytes:
        return varint(number << 3 | 1) + struct.pack("<Q", value)

    first = field(1, trace) + field(2, bytes.fromhex(span_id(1))) + field(5, b"send") + field(6, 4)
    first += fixed(7, 1_000_000) + fixed(8, 2_000_000) + field(99, b"unknown")
    second = field(1, trace) + field(2, bytes.fromhex(span_id(2))) + field(4, bytes.fromhex(span_id(1)))
    second += field(5, b"handle") + field(6, 5) + fixed(7, 3_000_000) + fixed(8, 9_000_000)
    second += field(9, pair("messaging.destination.name", field(1, b"orders")))
    second += field(9, pair("messaging.kafka.offset", field(3, 41)))
    second += field(9, pair("messaging.destination.partition.id", field(1, b"3")))
    second += field(9, pair("sampled", field(2, 1))) + field(9, pair("share", field(4, 0.5)))
    second += field(13, field(1, trace) + field(2, bytes.fromhex(span_id(7)))) + field(15, field(3, 2))
    resource = field(1, pair("service.name", field(1, b"shop")))
    scope = field(2, first) + field(2, second)
    return field(1, field(1, resource) + field(2, scope))
