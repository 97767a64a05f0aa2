"""Several segments are ended side by side, and become visible together or not at all."""

from __future__ import annotations

import errno

import pytest
from snapshot_rows import raw_records

from workbench.errors import StorageFullError
from workbench.store import RangeUpdate
from workbench.store.segments.parquet_file import ParquetFile
from workbench.store.segments.stored_rows import stored_rows
from workbench.store.segments.writing import SegmentWriter
from workbench.store.snapshot.segment_commits import commit_segments


@pytest.fixture
def halves(fill):
    """A range, and its rows in two halves."""
    key = fill(raw_records(5000, 1))
    rows = raw_records(0, 200)
    raw, events = stored_rows(key.source_id, rows, fill.decoder.decode(rows, "orders"))
    return key, [(raw.slice(at, 100), events.slice(at, 100)) for at in (0, 100)]


def _commit(store, halves, **options) -> list[int]:
    """Write each half into a segment of its own; returns the number of segments of each transaction."""
    key, rows = halves
    transactions = []

    def commit(updates, **what):
        transactions.append(len(what["segments"]))
        store.commit(updates, **what)

    segments = [store.new_segment() for _ in rows]
    commit_segments(commit, segments, [RangeUpdate(key, 200, 200)], rows=rows, **options)
    return transactions


def _next(store) -> int:
    return next(row["next"] for row in store.ranges_table().to_pylist() if row["from"] == 5000)


def test_all_are_committed_in_one_transaction(store, halves):
    assert _commit(store, halves) == [2]
    assert store.sql("SELECT segment_id, rows FROM segments ORDER BY 1").to_numpy().tolist() == [[1, 100], [2, 100]]
    found = store.sql('SELECT "offset" FROM records ORDER BY 1')["offset"].tolist()
    assert found == [*range(200), 5000]
    assert _next(store) == 200
    places = store.sql("SELECT segment_id, first_offset, last_offset FROM segment_positions ORDER BY 1")
    assert places.to_numpy().tolist() == [[1, 0, 99], [2, 100, 199]]


def test_a_segment_without_further_rows_is_ended_as_it_is(store, halves):
    key, rows = halves
    segments = [store.new_segment() for _ in rows]
    for segment, part in zip(segments, rows, strict=True):
        segment.write(*part)
    commit_segments(store.commit, segments, [RangeUpdate(key, 200, 200)])
    assert store.record_count() == 201


def test_statements_are_committed_with_them(store, halves):
    _commit(store, halves, last=lambda cursor: cursor.execute("UPDATE captures SET reason = 'said with them'"))
    assert store.sql("SELECT reason FROM captures")["reason"].tolist() == ["said with them"]


@pytest.mark.parametrize("step", ["write", "finish"])
def test_none_is_kept_where_one_cannot_be_written(store, halves, monkeypatch, step):
    whole = getattr(SegmentWriter, step)

    def second_fails(self, *rows: object):
        if self._segment_id == 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return whole(self, *rows)

    monkeypatch.setattr(SegmentWriter, step, second_fails)
    with pytest.raises(OSError, match="No space left"):
        _commit(store, halves)
    assert _nothing_stored(store)


def test_none_is_kept_where_one_is_not_on_disk(store, halves, monkeypatch):
    synced = ParquetFile.sync

    def second_fails(self):
        if self.path.name.startswith("000002.events"):
            raise OSError(errno.ENOSPC, "No space left on device", str(self.path))
        synced(self)

    monkeypatch.setattr(ParquetFile, "sync", second_fails)
    with pytest.raises(StorageFullError):
        _commit(store, halves)
    assert _nothing_stored(store)


def test_none_is_kept_where_what_comes_before_them_was_not_stored(store, halves):
    def not_stored():
        raise StorageFullError("The disk is full.", path="x")

    with pytest.raises(StorageFullError):
        _commit(store, halves, after=not_stored)
    assert _nothing_stored(store)


def _nothing_stored(store) -> bool:
    assert not list(store.folder.glob("*"))
    return store.record_count() == 1 and _next(store) == 5001
