"""Typed frames of payloads against DuckDB's own reader of JSON, on the same lines: both end in a pandas frame.

``BENCH_RECORDS`` changes the number of orders. The orders are mixed: optional members, nested objects, arrays, times,
numbers as text, and one in a thousand whose total is text.
"""

from __future__ import annotations

import json
import os
import random
import time

import duckdb
import pyarrow as pa
import pytest
from snapshot_rows import T_MS, Filler

from workbench.decoding import Decoder
from workbench.model.records.columns import RECORD
from workbench.store import SnapshotStore

RECORDS = int(os.environ.get("BENCH_RECORDS", "1000000"))
LEAST = 1.0
CITIES = ("Bern", "Zürich", "Genève")
_BATCH = 100_000


def order(number: int, chance: random.Random) -> dict[str, object]:
    found: dict[str, object] = {
        "order_id": f"o-{number:09d}",
        "customer": {
            "id": chance.randrange(10**6),
            "address": {"city": chance.choice(["Bern", "Zürich"]), "zip": "0103"},
        },
        "total": "free" if number % 1000 == 7 else round(chance.random() * 1000, 2),
        "created_at": f"2026-11-28T10:{number // 60 % 60:02d}:{number % 60:02d}.{chance.randrange(1000):03d}Z",
        "items": [{"sku": f"s{chance.randrange(1000)}", "qty": chance.randrange(1, 5)} for _ in range(number % 3 + 1)],
    }
    if number % 3 == 0:
        found["note"] = "x" * chance.randrange(50)
    if number % 7 == 0:
        found["paid"] = chance.random() < 0.5
    return found


def fill(store: SnapshotStore, lines_path: str) -> None:
    chance, filler = random.Random(11), Filler(store, Decoder())  # noqa: S311 - made-up orders
    with open(lines_path, "wb") as lines:  # noqa: PTH123 - a path as text
        for first in range(0, RECORDS, _BATCH):
            values = [json.dumps(order(n, chance)).encode() for n in range(first, min(first + _BATCH, RECORDS))]
            lines.writelines(value + b"\n" for value in values)
            count = len(values)
            columns = {
                "partition": pa.array([0] * count, pa.int32()),
                "offset": pa.array(range(first, first + count), pa.int64()),
                "timestamp_ms": pa.array([T_MS] * count, pa.int64()),
                "timestamp_type": pa.array([0] * count, pa.int8()),
                "key": pa.nulls(count, pa.binary()),
                "value": pa.array(values, pa.binary()),
                "headers": pa.array([[]] * count, RECORD.field("headers").type),
            }
            filler(pa.table(columns, schema=RECORD), capture_id=f"c{first}", segment_bytes=64 << 20)


def read_json_seconds(lines_path: str) -> float:
    with duckdb.connect() as connection:
        started = time.perf_counter()
        frame = connection.sql(f"SELECT * FROM read_json('{lines_path}')").df()
        assert len(frame) == RECORDS
        return time.perf_counter() - started


pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]


# DuckDB's own conversion to pandas uses what pandas has deprecated.
@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_payload_of_orders(benchmark, tmp_path):
    lines = str(tmp_path / "orders.json")
    with SnapshotStore.open(tmp_path / "orders.duckdb", write=True) as store:
        fill(store, lines)
        peer = [read_json_seconds(lines)]
        started = time.perf_counter()
        frame = benchmark.pedantic(store.payload, ("orders",), rounds=1)
        ours = time.perf_counter() - started
        peer.append(read_json_seconds(lines))
        assert len(frame) == RECORDS
        assert frame["customer.id"].dtype == "Int64"
        assert "total" in frame.attrs["notes"][0]
    ratio = sum(peer) / len(peer) / ours
    benchmark.extra_info.update(
        seconds=round(ours, 2), read_json_seconds=[round(s, 2) for s in peer], ratio=round(ratio, 2)
    )
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person
    assert ratio >= LEAST
