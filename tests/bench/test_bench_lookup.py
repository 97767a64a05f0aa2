"""Looking up one correlation, and one event with its relatives, in a large snapshot, cold and warm.

``pytest tests/bench/test_bench_lookup.py --benchmark-enable -s`` writes a snapshot of 1,000,000 events, with
``WORKBENCH_BENCH_EVENTS=10000000`` of as many as that (8 GB of memory, 2 GB of disk, a minute), and looks things up in
processes of their own: cold is opening the snapshot and the first look-up, after the modules were imported.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from event_forests import forest

import workbench as wb
from workbench.session.trace import ALL_RELATIVES_RECORDS
from workbench.store import Appender, CaptureHead, RangeKey, RangeUpdate, SnapshotStore, StoredRange
from workbench.store.file.layout import STORED_EVENT, STORED_RECORD
from workbench.store.snapshot.captures import begin_capture, end_capture
from workbench.store.snapshot.sources import add_source

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

SUPPORT = str(Path(__file__).parents[1] / "support")
SIZE = int(os.environ.get("WORKBENCH_BENCH_EVENTS", "1000000"))
STEP = 100_000
COLD_MS, WARM_MS = 300, 50
MANY_MS, MOST_SHOWN = 3_000, 10_000
"""For an event with a million relatives, of which the nearest are shown."""
TURNS = 7


def layout(events: pa.Table, schema: pa.Schema, first: int) -> pa.Table:
    """Bring events into a layout of the store, at consecutive offsets of one partition."""
    count = events.num_rows
    numbers = {"source_id": 1, "partition": 0, "timestamp_type": 0}
    columns = []
    for field in schema:
        if field.name == "offset":
            columns.append(pa.array(np.arange(first, first + count), field.type))
        elif field.name in numbers:
            columns.append(pa.repeat(pa.scalar(numbers[field.name], field.type), count))
        elif field.name in events.column_names:
            columns.append(events[field.name].combine_chunks().cast(field.type))
        else:
            columns.append(pa.nulls(count, field.type) if field.nullable else pa.array([[]] * count, field.type))
    return pa.table(columns, schema=schema)


def write_snapshot(path: Path, events: pa.Table) -> None:
    """Store the events as a capture does."""
    count = events.num_rows
    with SnapshotStore.open(path, write=True) as store:
        with store.transaction() as cursor:
            source = add_source(cursor, cluster_id="c", cluster="c", topic="orders", topic_id=None, partitions=1)
            assert source.source_id == 1
            key = RangeKey("c1", source.source_id, 0, 0)
            head = CaptureHead("c1", "orders", "start", "end", "read_committed")
            begin_capture(cursor, head, [StoredRange(key, 0, count, "read_committed", "running")])
        appender = Appender(store)
        for first in range(0, count, STEP):
            part = events.slice(first, STEP)
            update = RangeUpdate(key, first + part.num_rows, part.num_rows)
            appender.append(update, layout(part, STORED_RECORD, first), layout(part, STORED_EVENT, first))
        appender.commit()
        with store.transaction() as cursor:
            end_capture(cursor, "c1", [key], "complete", None)


def looked_up(path: str, wanted: dict[str, str]) -> dict[str, float]:
    """Open a snapshot and look one thing up, several times: milliseconds, and how many events it has."""
    import workbench.session.opening
    import workbench.store.snapshot.graph_rows
    import workbench.tracing.trace  # noqa: F401 - what is measured is the work, not the imports

    begun = time.perf_counter()
    snap = wb.open(path)
    opened = time.perf_counter()
    trace = snap.trace(**wanted)
    first = time.perf_counter()
    turns = []
    for _ in range(TURNS):
        start = time.perf_counter()
        snap.trace(**wanted)
        turns.append(time.perf_counter() - start)
    return {
        "events": len(trace.data),
        "open_ms": round(1e3 * (opened - begun), 1),
        "cold_ms": round(1e3 * (first - begun), 1),
        "warm_ms": round(1e3 * statistics.median(turns), 1),
    }


def test_one_flow_is_looked_up_without_reading_the_others(benchmark, tmp_path):
    path, events = tmp_path / "large.duckdb", forest(SIZE)
    correlation = events["correlation_id"][SIZE // 2].as_py()
    roots = np.flatnonzero(np.asarray(events["cause_state"]) == "root")
    few, many = (events["event_id"][int(place)].as_py() for place in (roots[-1], SIZE - 1))
    write_snapshot(path, events)
    del events

    def run(wanted: dict[str, str]) -> dict[str, float]:
        done = subprocess.run(
            [sys.executable, __file__, str(path), json.dumps(wanted)],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONPATH": SUPPORT},
        )
        return json.loads(done.stdout)

    by_correlation = benchmark.pedantic(run, args=({"correlation_id": correlation},), rounds=1)
    by_event, with_many = run({"event_id": few}), run({"event_id": many})
    said = {"correlation": by_correlation, "event": by_event, "event of many relatives": with_many}
    print(SIZE, said)  # noqa: T201 - a measurement is read by a person
    assert by_correlation["events"] == 20
    assert by_event["events"] >= 1
    for found in (by_correlation, by_event):
        assert found["warm_ms"] <= WARM_MS
        assert found["cold_ms"] <= COLD_MS
    if SIZE > ALL_RELATIVES_RECORDS:
        assert with_many["events"] < MOST_SHOWN
        assert with_many["warm_ms"] <= MANY_MS


if __name__ == "__main__":
    print(json.dumps(looked_up(sys.argv[1], json.loads(sys.argv[2]))))  # noqa: T201 - the answer to the process that asks
