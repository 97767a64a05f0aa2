"""Decoding 100k records of about 600 bytes with six headers: bulk against exact and against `orjson.loads` alone."""

from __future__ import annotations

import os
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import orjson
import pyarrow as pa
import pytest

from workbench.decoding import Decoder, decode_parts
from workbench.model.records.columns import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable

RECORDS = 100_000
SAMPLE = 2_000
TOPIC = "onex.evt.platform.node-registered.v1"
pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]


def new_id() -> str:
    return str(uuid.UUID(bytes=os.urandom(16), version=4))


def onex_record(at: int) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    correlation = new_id()
    body = {
        "payload": {
            "node_id": new_id(),
            "status": "active",
            "capabilities": ["compute", "effect"],
            "endpoints": {"health": "http://10.0.0.1:8080/health"},
            "n": at,
        },
        "envelope_id": new_id(),
        "envelope_timestamp": f"2026-03-01T10:00:00.{at:06d}+00:00",
        "correlation_id": correlation,
        "source_tool": f"registry.{at % 7}",
        "target_tool": None,
        "metadata": {"trace_id": None, "tags": {"causation_id": new_id(), "service_name": "svc"}, "headers": {}},
        "event_type": "platform.node-registered",
        "priority": 5,
        "timeout_seconds": 30,
        "retry_count": 0,
        "onex_version": {"major": 1, "minor": 2, "patch": 3},
    }
    return body, _headers(correlation, new_id(), "platform.node-registered")


def contract_record(at: int) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    correlation, event_id = new_id(), new_id()
    body = {
        "event_id": event_id,
        "event_type": "task.completed",
        "payload": {"task": new_id(), "text": "x" * 150, "n": at},
        "metadata": {
            "source": "svc",
            "correlation_id": correlation,
            "causation_id": new_id() if at % 4 else None,
            "environment": "prod",
            "priority": 5,
            "ttl_seconds": None,
            "headers": None,
        },
        "timestamp": f"2026-03-01T10:00:00.{at:06d}+00:00",
        "security_context": None,
    }
    return body, _headers(correlation, event_id, "task.completed")


def _headers(correlation: str, message_id: str, event_type: str) -> list[tuple[str, str]]:
    return [
        ("content_type", "application/json"),
        ("correlation_id", correlation),
        ("message_id", message_id),
        ("event_type", event_type),
        ("schema_version", "1.0.0"),
        ("source", "svc"),
    ]


def batch_of(make: Callable[[int], tuple[dict[str, Any], list[tuple[str, str]]]]) -> pa.RecordBatch:
    pairs = [make(at) for at in range(RECORDS)]
    columns = {
        "partition": pa.repeat(pa.scalar(0, pa.int32()), RECORDS),
        "offset": pa.array(range(RECORDS), pa.int64()),
        "timestamp_ms": pa.repeat(pa.scalar(1_772_359_200_000, pa.int64()), RECORDS),
        "timestamp_type": pa.repeat(pa.scalar(0, pa.int8()), RECORDS),
        "key": pa.nulls(RECORDS, pa.binary()),
        "value": pa.array([orjson.dumps(body) for body, _ in pairs], pa.binary()),
        "headers": pa.array(
            [[{"name": n.encode(), "value": v.encode()} for n, v in headers] for _, headers in pairs],
            RECORD.field("headers").type,
        ),
    }
    return pa.RecordBatch.from_pydict(columns, schema=RECORD)


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@pytest.mark.parametrize("make", [onex_record, contract_record], ids=["onex", "contract"])
def test_decode_100k_records(benchmark, make):
    batch, decoder = batch_of(make), Decoder()
    values = batch["value"].to_pylist()
    sample = [
        (tuple((h["name"], h["value"]) for h in headers), value)
        for headers, value in zip(batch["headers"][:SAMPLE].to_pylist(), values[:SAMPLE], strict=True)
    ]
    parse_only = min(seconds(lambda: [orjson.loads(value) for value in values]) for _ in range(3))
    exact = seconds(lambda: [decode_parts(TOPIC, headers, value) for headers, value in sample]) * RECORDS / SAMPLE

    def on_two_threads() -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda _: decoder.decode(batch, TOPIC), range(4)))

    decoded = benchmark.pedantic(decoder.decode, (batch, TOPIC), rounds=5, warmup_rounds=1)
    bulk = benchmark.stats.stats.min
    threaded = seconds(on_two_threads) / 4
    benchmark.extra_info.update(
        records_per_second=round(RECORDS / bulk),
        records_per_second_on_two_threads=round(RECORDS / threaded),
        bulk_to_orjson_loads=round(bulk / parse_only, 2),
        exact_to_bulk=round(exact / bulk, 1),
    )
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person
    assert decoded["event_id"].null_count == 0
