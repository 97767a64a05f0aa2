"""Memory and threads of DuckDB fit the machine, and leave room for large values."""

from __future__ import annotations

import os

import pyarrow as pa
import pytest

from workbench.model.records.columns import RECORD
from workbench.store import SnapshotStore
from workbench.store.file import memory

GIB = 1 << 30


@pytest.mark.parametrize(("machine", "limit"), [(2, 1), (8, 2), (16, 4), (64, 6)])
def test_a_quarter_of_the_machine_within_bounds(monkeypatch, machine, limit):
    monkeypatch.setattr(memory, "_available", lambda: machine * GIB)
    assert memory.memory_limit_bytes() == limit * GIB


def test_the_limit_of_a_container_counts(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_CONTAINER_LIMIT", tmp_path / "memory.max")
    for text in ("max\n", None):
        if text:
            (tmp_path / "memory.max").write_text(text)
        assert memory._available() == os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    (tmp_path / "memory.max").write_text("1000000\n")
    assert memory._available() == 1_000_000
    assert memory.memory_limit_bytes() == GIB


@pytest.mark.parametrize(
    ("limit", "processors", "threads"), [(1, 8, 1), (2, 8, 2), (6, 64, 8), (6, 2, 2), (6, None, 1)]
)
def test_each_thread_has_memory_for_large_values(monkeypatch, limit, processors, threads):
    monkeypatch.setattr(os, "cpu_count", lambda: processors)
    assert memory.threads_for(limit * GIB) == threads


def test_values_of_a_tenth_of_the_memory_are_queried_and_packed(monkeypatch, snapshot_path, decoder):
    from snapshot_rows import Filler

    # The same proportions as 60 MB in 768 MiB for each thread.
    monkeypatch.setattr(memory, "memory_limit_bytes", lambda: 192 << 20)
    monkeypatch.setattr(memory, "threads_for", lambda _: 1)
    value = b'{"a": "' + b"x" * (15 << 20) + b'"}'
    with SnapshotStore.open(snapshot_path, write=True) as store:
        for offset in range(10):
            row = {"partition": 0, "offset": offset, "timestamp_ms": 1, "timestamp_type": 0, "headers": []}
            records = pa.Table.from_pylist([{**row, "key": b"k", "value": value}], schema=RECORD)
            Filler(store, decoder)(records, capture_id=f"c{offset}")
        sizes = store.sql("SELECT octet_length(value) AS n FROM records")["n"]
        assert sizes.tolist() == [len(value)] * 10
        assert store.event_table().num_rows == 10
        store.pack()
        assert store.record_count() == 10
