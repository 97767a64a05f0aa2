"""Records with their decoded columns are the same by one query, by segments and in steps, in order of position."""

from __future__ import annotations

import pyarrow as pa
import pytest
from snapshot_rows import Filler, fill_segments, raw_records

from workbench.buffers import mapped
from workbench.decoding import Decoder
from workbench.replay.record_positions import POSITION
from workbench.session import decoded_records as module
from workbench.session.decoded_records import decoded_records
from workbench.store import SnapshotStore


@pytest.fixture
def filled(tmp_path):
    """Segments, and two topics that lie in the file itself."""
    decoder = Decoder()
    with SnapshotStore.open(tmp_path / "incident.duckdb", write=True) as store:
        Filler(store, decoder)(raw_records(0, 50), topic="first", capture_id="first")
        fill_segments(store, decoder)
        Filler(store, decoder)(raw_records(900, 45), topic="last", capture_id="last")
        yield store


@pytest.mark.parametrize("few_rows", [7, 60])
@pytest.mark.parametrize("step_bytes", [1, 5_000])
def test_any_way_finds_the_same(filled, monkeypatch, few_rows, step_bytes):
    positions = filled.position_table()
    whole = decoded_records(filled, positions)
    assert whole.num_rows == positions.num_rows == 815
    assert whole.select(POSITION).cast(positions.schema).equals(positions)
    monkeypatch.setattr(module, "FEW_ROWS", few_rows)
    monkeypatch.setattr(module, "STEP_BYTES", step_bytes)
    monkeypatch.setattr(mapped, "LEAST_TABLE", 1_000)
    assert decoded_records(filled, positions).equals(whole)
    turned = positions.take(pa.array(range(positions.num_rows - 1, -1, -1)))
    assert decoded_records(filled, turned).equals(whole)
    some = [at for at in range(positions.num_rows) if at % 5 in (1, 2)]
    assert decoded_records(filled, positions.take(pa.array(some))).equals(whole.take(pa.array(some)))


def test_rows_that_were_captured_between_others_come_into_order(filled, monkeypatch):
    """As where a later capture filled the holes of an earlier one: the batches of both overlap."""
    positions = filled.position_table()
    whole = decoded_records(filled, positions)
    even, odd = (whole.take(pa.array(range(first, whole.num_rows, 2))) for first in (0, 1))
    overlapping = [batch for table in (even, odd) for batch in table.combine_chunks().to_batches()]
    monkeypatch.setattr(module, "_batches", lambda *_: iter(overlapping))
    monkeypatch.setattr(module, "FEW_ROWS", 0)
    assert decoded_records(filled, positions).equals(whole)


def test_nothing_is_nothing(filled):
    assert decoded_records(filled, filled.position_table().slice(0, 0)).num_rows == 0
