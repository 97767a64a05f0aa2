"""Large tables and arrays are read from a file that has no name; small ones stay where they are."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from workbench.buffers import mapped

BATCH = pa.RecordBatch.from_pydict({"n": pa.array(range(1000)), "text": [f"text {at}" * 20 for at in range(1000)]})


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(mapped, "LEAST_TABLE", BATCH.nbytes * 2)
    monkeypatch.setattr(mapped, "LEAST_ARRAY", 10_000)
    monkeypatch.setattr(mapped, "_STEP", BATCH.nbytes)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_a_table_of_any_size(count):
    before = pa.total_allocated_bytes()
    table = mapped.mapped_table((BATCH for _ in range(count)), BATCH.schema)
    assert table.equals(pa.Table.from_batches([BATCH] * count, BATCH.schema))
    assert [batch.num_rows for batch in mapped.batches_of(table)] == [1000] * count
    mapped.release()
    assert table.equals(pa.Table.from_batches([BATCH] * count, BATCH.schema)), "released pages are read again"
    assert pa.total_allocated_bytes() - before < BATCH.nbytes


def test_rows_that_are_taken():
    table = pa.Table.from_batches([BATCH] * 3)
    rows = np.array([2100, 1500, 2100])
    assert mapped.taken_rows(table, rows).equals(table.take(pa.array(rows)))
    column = mapped.taken_rows(table.column(0), rows, np.array([False, True, False]))
    assert column.equals(table.column(0).take(pa.array([2100, None, 2100])))
    assert mapped.taken_rows(table, rows[:0]).num_rows == 0
    assert mapped.taken_rows(table.slice(0, 0), np.zeros(2, np.int64), np.ones(2, bool)).num_rows == 2


def test_arrays_behind_one_another():
    parts = [np.arange(at, at + 500) for at in (0, 500, 1000, 1500, 2000)]
    small, large = mapped.mapped_array(parts[:2]), mapped.mapped_array(iter(parts))
    assert (small.tolist(), large.tolist()) == (list(range(1000)), list(range(2500)))
    assert (small.flags.writeable, large.flags.writeable) == (True, False)
    rows = mapped.mapped_array(iter([np.ones((300, 32), np.uint8), np.zeros((200, 32), np.uint8)]))
    assert (rows.shape, int(rows.sum())) == ((500, 32), 9600)


def test_nothing_stays_open():
    gc.collect()
    files, mappings = open_files(), len(mapped._mappings)
    made = [mapped.mapped_array([np.arange(5000)]), mapped.mapped_table([BATCH] * 5, BATCH.schema)]
    assert len(mapped._mappings) == mappings + 2
    del made
    gc.collect()
    assert (open_files(), len(mapped._mappings)) == (files, mappings)


def test_integers_in_steps(monkeypatch):
    monkeypatch.setattr(mapped, "_STEP_NUMBERS", 1000)
    steps = list(mapped.steps_of(2500))
    assert [(step.start, step.stop) for step in steps] == [(0, 1000), (1000, 2000), (2000, 2500)]
    assert list(mapped.steps_of(0)) == []
    numbers = np.arange(2500)
    assert mapped.mapped_longs(numbers[step] for step in steps).tolist() == numbers.tolist()
    assert mapped.mapped_longs(()).tolist() == []
