"""Records of a snapshot through a transform that writes each as it read it, in CPU of this process."""

from __future__ import annotations

import json
import time

import pyarrow as pa
import pytest
from snapshot_rows import Filler

from workbench.decoding import Decoder
from workbench.model.records.columns import RECORD
from workbench.store import SnapshotStore
from workbench.transforms import transform_snapshot

RECORDS = 50_000
TURNS = 3
pytestmark = [pytest.mark.bench, pytest.mark.timeout(600)]


def records():
    values = [json.dumps({"n": number, "note": "x" * 200}).encode() for number in range(RECORDS)]
    headers = [{"name": b"type", "value": b"created"}, {"name": b"trace", "value": b"1"}]
    columns = {
        "partition": [0] * RECORDS,
        "offset": range(RECORDS),
        "timestamp_ms": [1_700_000_000_000] * RECORDS,
        "timestamp_type": [0] * RECORDS,
        "key": [b"k%d" % number for number in range(RECORDS)],
        "value": values,
        "headers": [headers] * RECORDS,
    }
    return pa.table({name: pa.array(column, RECORD.field(name).type) for name, column in columns.items()}, RECORD)


def test_records_through_a_guest(benchmark, tmp_path):
    with SnapshotStore.open(tmp_path / "a.duckdb", write=True) as store:
        Filler(store, Decoder())(records(), segment_bytes=1)
        took = []

        def turn():
            began = time.process_time()
            result = transform_snapshot(store, "sample:passthrough", topics="orders")
            took.append(time.process_time() - began)
            assert result.counts["outputs"] == RECORDS
            result.close()

        benchmark.pedantic(turn, rounds=TURNS)
    benchmark.extra_info["records_per_cpu_second"] = round(RECORDS / min(took))
    print(benchmark.extra_info)  # noqa: T201 - a measurement is read by a person
