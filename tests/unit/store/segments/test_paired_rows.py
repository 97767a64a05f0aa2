"""Raw rows of segments are read beside what was decoded of them: each wanted row once, in the order of the files."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from snapshot_rows import fill_segments, raw_records

from workbench.errors import SnapshotFormatError
from workbench.model.records.columns import RECORD
from workbench.store.segments import paired_rows
from workbench.store.transfer.redecoding import redecode

COLUMNS = ["event_id", "causes"]
POSITION = ["source_id", "partition", "offset"]


@pytest.fixture
def filled(store, decoder):
    fill_segments(store, decoder)
    assert len(list(store.folder.glob("*.records.parquet"))) > 2
    return store


def positions(store, rows=None):
    table = store.position_table()
    return table if rows is None else table.take(pa.array(rows))


def read(store, wanted):
    found = store.paired_rows(wanted, COLUMNS)
    batches = list(found.batches())
    return pa.Table.from_batches(batches) if batches else None, batches, found.rest


def in_order(table):
    return table.sort_by([(name, "ascending") for name in POSITION])


def queried(store, wanted):
    return store.record_table(positions=wanted), store.named_columns([*POSITION, *COLUMNS], wanted)


@pytest.mark.parametrize("step_bytes", [1, 3_000, 8 << 20])
@pytest.mark.parametrize("share", [1.0, 0.3, 0.01])
def test_the_rows_of_positions_are_those_of_a_query(filled, monkeypatch, share, step_bytes):
    monkeypatch.setattr(paired_rows, "STEP_BYTES", step_bytes)
    every = positions(filled)
    chosen = np.flatnonzero(np.random.default_rng(7).random(every.num_rows) < share)
    wanted = positions(filled, chosen)
    found, batches, rest = read(filled, wanted)
    assert rest.num_rows == 0
    records, events = queried(filled, wanted)
    found = in_order(found)
    for name in ("source_id", *RECORD.names):
        assert found[name].to_pylist() == records[name].to_pylist()
    assert found["event_id"].to_pylist() == events["event_id"].to_pylist()
    assert found["causes"].to_pylist() == events["causes"].to_pylist()
    for batch in batches:
        places = set(zip(batch["source_id"].to_pylist(), batch["partition"].to_pylist(), strict=True))
        assert len(places) == 1
        assert batch["offset"].to_pylist() == sorted(batch["offset"].to_pylist())


def test_what_is_in_no_segment_is_left(filled, fill):
    fill(raw_records(0, 5), topic="packed", capture_id="packed")  # so few go into the file itself
    every = positions(filled)
    found, _, rest = read(filled, every)
    assert rest.num_rows == 5
    assert set(rest["source_id"].to_pylist()) == {3}
    assert found.num_rows == every.num_rows - 5
    absent = pa.table({"source_id": [1], "partition": [9], "offset": [1]}, schema=every.schema)
    assert read(filled, absent)[0] is None
    assert read(filled, absent)[2].num_rows == 1
    nothing = every.slice(0, 0)
    assert read(filled, nothing)[0] is None


def test_rows_that_were_decoded_again(filled, decoder):
    before = in_order(read(filled, positions(filled))[0])
    redecode(filled, decoder)
    assert in_order(read(filled, positions(filled))[0]).equals(before)


def test_files_whose_row_groups_differ_and_files_that_are_gone_are_left(filled):
    wanted = positions(filled)
    rows = filled.paired_rows(wanted, COLUMNS)
    first, second = sorted(filled.folder.glob("*.events.parquet"))[:2]
    whole = pq.read_table(first)
    pq.write_table(whole, first, row_group_size=7)
    gone = pq.read_metadata(second).num_rows
    second.unlink()
    found = sum(batch.num_rows for batch in rows.batches())
    assert rows.rest.num_rows == whole.num_rows + gone
    assert found == wanted.num_rows - whole.num_rows - gone


def test_a_damaged_file_is_refused(filled):
    file = next(filled.folder.glob("*.records.parquet"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(SnapshotFormatError, match="damaged"):
        filled.paired_rows(positions(filled), COLUMNS)
