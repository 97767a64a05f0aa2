"""Large values are left out of sorting and looked up when their rows are due, in their order."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from snapshot_rows import raw_records

from workbench.model.records.columns import RECORD
from workbench.store.transfer import whole_values
from workbench.store.transfer.exporting import export_records

SIZES = [10, 70_000, 0, 65_536, 65_537, None, 300_000, 20, 70_000, 70_000, 1]


def with_values(records: pa.Table) -> pa.Table:
    offsets = records["offset"].to_pylist()
    values = [None if SIZES[o % 11] is None else bytes([65 + o % 26]) * (SIZES[o % 11] or 0) for o in offsets]
    return records.set_column(5, RECORD.field("value"), pa.array(values, pa.binary()))


@pytest.fixture
def filled(store, fill):
    """Three segments and inline rows, topics and partitions mixed."""
    expected = []
    for number, (topic, partition) in enumerate([("b", 0), ("a", 1), ("a", 0), ("b", 1)]):
        records = with_values(raw_records(number * 7, 33, partition=partition))
        fill(records, topic=topic, capture_id=f"c{number}", segment_bytes=1 if number < 3 else None)
        expected += [(topic, partition, *row) for row in zip(*records.to_pydict().values(), strict=True)]
    return store, sorted(((t, p, row[1], row[5]) for t, p, *row in expected), key=lambda row: row[:3])


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("step", [1, 100_000, 32 << 20])
def test_every_value_is_exported_in_order(filled, tmp_path, monkeypatch, packed, step):
    store, expected = filled
    monkeypatch.setattr(whole_values, "STEP_BYTES", step)
    if packed:
        store.pack()
    assert export_records(store, tmp_path / "all.parquet") == 132
    rows = pq.read_table(tmp_path / "all.parquet").select(["topic", "partition", "offset", "value"]).to_pydict()
    found = list(zip(*rows.values(), strict=True))
    assert sorted(found, key=lambda row: row[:3]) == expected
    runs = [(row[0], row[1]) for row in found]
    assert [runs[0], *(b for a, b in itertools.pairwise(runs) if a != b)] == list(dict.fromkeys(runs))
    assert export_records(store, tmp_path / "some.jsonl", where='partition = 1 and "offset" < 30') == 32
    lines = [json.loads(line) for line in (tmp_path / "some.jsonl").read_bytes().splitlines()]
    values = {(line["topic"], line["offset"]): line["value"] for line in lines}
    wanted = [row for row in expected if row[1] == 1 and row[2] < 30]
    assert values == {(row[0], row[2]): None if row[3] is None else row[3].decode() for row in wanted}


PROGRAM = """
import sys
import pyarrow as pa
from peak_memory import peak_rss_mib
from snapshot_rows import Filler
from workbench.decoding import Decoder
from workbench.model.records.columns import RECORD
from workbench.store import SnapshotStore
from workbench.store.transfer.exporting import export_records

value = b'{"a": "' + b"x" * (16 << 20) + b'"}'
with SnapshotStore.open(sys.argv[1], write=True) as store:
    fill = Filler(store, Decoder())
    for offset in range(24):
        row = {"partition": 0, "offset": offset, "timestamp_ms": 1, "timestamp_type": 0, "headers": [], "value": value}
        fill(pa.Table.from_pylist([row], schema=RECORD), capture_id=f"c{offset}")
with SnapshotStore.open(sys.argv[1]) as store:
    export_records(store, sys.argv[2])
    print(peak_rss_mib())
"""


@pytest.mark.timeout(120)
def test_an_export_of_400_megabytes_in_large_values_stays_within_half_a_gigabyte(tmp_path):
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "incident.duckdb"), str(tmp_path / "out.parquet")]
    paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, **paths})
    assert int(done.stdout) < 512
    assert pq.read_metadata(tmp_path / "out.parquet").num_row_groups > 8
