"""What was committed survives a full disk."""

from __future__ import annotations

import errno
import os

import pyarrow as pa
import pytest
from mounts import small_disk
from snapshot_rows import Filler, raw_records

from workbench.errors import SnapshotError, StorageFullError
from workbench.model.records.columns import RECORD
from workbench.store import Appender, RangeUpdate, SnapshotStore
from workbench.store.segments import parquet_file
from workbench.store.segments.stored_rows import stored_rows
from workbench.store.snapshot import appending
from workbench.store.transfer.exporting import export_records


class TestFullDisk:
    def test_what_was_committed_stays(self, tmp_path, decoder):
        disk = tmp_path / "disk"
        with small_disk(disk, "24m"):
            path = disk / "incident.duckdb"
            store = SnapshotStore.open(path, write=True)
            try:
                with pytest.raises(StorageFullError, match=r"full\. What was committed before is intact"):
                    _fill_up(Filler(store, decoder))
            finally:
                _close_quietly(store)
            with SnapshotStore.open(path) as reader:
                rows = reader.sql("SELECT topic, count(*) AS n FROM records GROUP BY 1 ORDER BY 1")
                ranges = reader.sql(
                    'SELECT topic, next - "from" AS n FROM capture_ranges JOIN sources USING (source_id)'
                )
                stored = {topic: n for topic, n in ranges.to_numpy() if n}
                assert len(stored) > 3
                assert dict(rows.to_numpy()) == stored
                assert set(stored.values()) == {1000}

    @pytest.mark.parametrize("name", ["out.parquet", "out.jsonl"])
    def test_an_export_onto_it_leaves_nothing_and_names_the_file(self, tmp_path, store, fill, name):
        disk = tmp_path / "disk"
        fill(_incompressible(0, 4000))
        with small_disk(disk, "1m"):
            with pytest.raises(StorageFullError) as caught:
                export_records(store, disk / name)
            assert str(disk / name) in str(caught.value)
            assert list(disk.iterdir()) == []

    def test_a_snapshot_that_cannot_be_packed_there_stays_as_it_was(self, tmp_path, decoder):
        disk = tmp_path / "disk"
        with small_disk(disk, "24m"):
            path = disk / "incident.duckdb"
            with SnapshotStore.open(path, write=True) as store:
                for number in range(8):
                    rows = _incompressible(number * 2000, 2000)
                    Filler(store, decoder)(rows, topic=f"t{number}", capture_id=f"c{number}", segment_bytes=1)
            store = SnapshotStore.open(path, write=True)
            try:
                with pytest.raises(StorageFullError):
                    store.pack()
            finally:
                _close_quietly(store)
            with SnapshotStore.open(path) as reader:
                assert reader.record_count() == 16_000
                assert len(list(reader.folder.glob("*.parquet"))) == 16


class TestOrderOfCommits:
    def test_a_segment_that_cannot_be_committed_keeps_later_rows_from_being_stored(self, store, fill):
        key, stored = _stored(store, fill, 300)
        committed = []

        def commit(updates, **what):
            committed.append(updates[0].next)
            raise StorageFullError("The disk is full.", path="x")

        appender = Appender(store, commit=commit, row_group_bytes=1, segment_bytes=1)
        assert appender.append(RangeUpdate(key, 100, 100), *(table.slice(0, 100) for table in stored))
        with pytest.raises(StorageFullError):
            appender.append(RangeUpdate(key, 200, 100), *(table.slice(100, 100) for table in stored))
        with pytest.raises(StorageFullError):
            appender.commit()
        appender.discard()
        assert committed == [100]
        assert store.record_count() == 1

    def test_rows_behind_a_segment_that_cannot_be_committed_are_removed_again(self, store, fill, monkeypatch):
        key, stored = _stored(store, fill, 200)
        monkeypatch.setattr(appending, "INLINE_BYTES", 0)
        committed = []

        def commit(updates, **what):
            committed.append(updates[0].next)
            raise StorageFullError("The disk is full.", path="x")

        appender = Appender(store, commit=commit, row_group_bytes=100, segment_bytes=1)
        appender.append(RangeUpdate(key, 100, 100), *(table.slice(0, 100) for table in stored), size_bytes=100)
        appender.append(RangeUpdate(key, 200, 100), *(table.slice(100, 100) for table in stored), size_bytes=50)
        with pytest.raises(StorageFullError):
            appender.commit()
        appender.discard()
        assert committed == [100]
        assert {path.name.partition(".")[0] for path in store.folder.iterdir()} == {"000001"}

    def test_a_segment_that_cannot_be_written_to_its_end_leaves_no_file(self, store, fill, monkeypatch):
        key, stored = _stored(store, fill, 100)
        monkeypatch.setattr(parquet_file, "file_checksum", _no_disk)
        appender = Appender(store, row_group_bytes=1, segment_bytes=1)
        appender.append(RangeUpdate(key, 100, 100), *stored)
        with pytest.raises(StorageFullError):
            appender.commit()
        appender.discard()
        assert not list(store.folder.glob("*"))
        assert store.record_count() == 1

    def test_a_segment_that_is_not_on_disk_is_in_no_table(self, store, fill, monkeypatch):
        key, stored = _stored(store, fill, 100)
        monkeypatch.setattr(parquet_file.ParquetFile, "sync", _no_disk)
        appender = Appender(store, row_group_bytes=1, segment_bytes=1)
        appender.append(RangeUpdate(key, 100, 100), *stored)
        with pytest.raises(StorageFullError):
            appender.commit(lambda cursor: cursor.execute("DELETE FROM captures"))
        appender.discard()
        assert not list(store.folder.glob("*"))
        assert store.record_count() == 1
        assert len(store.ranges_table()) == 1

    def test_what_is_committed_with_rows_needs_none(self, store, fill):
        fill(raw_records(0, 1))
        Appender(store).commit(lambda cursor: cursor.execute("DELETE FROM capture_ranges"))
        assert len(store.ranges_table()) == 0

    def test_rows_are_committed_in_their_order_whatever_the_size_of_segments(self, store, fill):
        key, stored = _stored(store, fill, 300)
        committed = []

        def commit(updates, **what):
            committed.append((updates[0].next, updates[0].records))
            store.commit(updates, **what)

        appender = Appender(store, commit=commit, row_group_bytes=1, segment_bytes=1)
        for number in range(3):
            rows = (table.slice(100 * number, 100) for table in stored)
            appender.append(RangeUpdate(key, 100 * number + 100, 100), *rows)
        appender.append(RangeUpdate(key, 305, 0), stored[0].slice(0, 0), stored[1].slice(0, 0))
        appender.commit()
        assert committed == [(100, 100), (200, 100), (300, 100), (305, 0)]
        assert store.record_count() == 301


class TestSizeOfSegments:
    def test_large_rows_are_committed_before_their_files_are_large(self, store, fill, monkeypatch):
        monkeypatch.setattr(appending, "LARGE_ROWS_BYTES", 3 << 20)
        appender = Appender(store, row_group_bytes=1 << 20)
        rows = raw_records(0, 8)
        large = rows.set_column(5, RECORD.field("value"), pa.array([b"x" * (1 << 20)] * 8, pa.binary()))
        key = fill(raw_records(50, 1), topic="big")
        stored = stored_rows(key.source_id, large, fill.decoder.decode(large, "big"))
        committed = [
            appender.append(RangeUpdate(key, number + 1, 1), *(table.slice(number, 1) for table in stored))
            for number in range(8)
        ]
        appender.commit()
        assert committed == [False, False, True, False, False, True, False, False]
        assert store.record_count() == 9

    def test_many_small_rows_are_not(self, store, fill, monkeypatch):
        monkeypatch.setattr(appending, "LARGE_ROWS_BYTES", 1)
        appender = Appender(store, row_group_bytes=1)
        key = fill(raw_records(5000, 1))
        rows = raw_records(0, 100)
        stored = stored_rows(key.source_id, rows, fill.decoder.decode(rows, "orders"))
        assert not appender.append(RangeUpdate(key, 100, 100), *stored)
        appender.commit()
        assert store.record_count() == 101


class TestLastRows:
    @pytest.fixture
    def append(self, store, fill, monkeypatch):
        """Append parts of 100 rows that count for 100 bytes, and commit them; returns the segments of a transaction."""

        def append_parts(parts: int, *, draining: bool) -> list[list[int]]:
            key, stored = _stored(store, fill, 100 * parts)
            monkeypatch.setattr(appending, "INLINE_BYTES", 0)
            monkeypatch.setattr(appending, "DIVIDED_BYTES", 200)
            transactions = []

            def commit(updates, **what):
                transactions.append([segment.rows for segment in what["segments"]])
                store.commit(updates, **what)

            appender = Appender(store, commit=commit, row_group_bytes=200)
            appender.draining = draining
            for number in range(parts):
                rows = (table.slice(100 * number, 100) for table in stored)
                appender.append(RangeUpdate(key, 100 * number + 100, 100), *rows, size_bytes=100)
            appender.commit()
            offsets = store.sql('SELECT "offset" FROM records ORDER BY 1')["offset"].tolist()
            assert offsets == [*range(100 * parts), 5000]
            return transactions

        return append_parts

    def test_two_threads_write_them_into_segments_of_one_transaction(self, append):
        assert append(3, draining=True) == [[150, 150]]

    def test_one_writes_them_while_others_have_work(self, append):
        assert append(3, draining=False) == [[300]]

    def test_few_are_not_divided(self, append):
        assert append(1, draining=True) == [[100]]

    def test_no_more_of_them_are_held_than_two_row_groups(self, append):
        # Four parts were written as a row group before.
        assert append(6, draining=True) == [[500, 100]]


def _stored(store: SnapshotStore, fill: Filler, count: int):
    key = fill(raw_records(5000, 1))
    rows = raw_records(0, count)
    return key, stored_rows(key.source_id, rows, fill.decoder.decode(rows, "orders"))


def _no_disk(path):
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


def _fill_up(fill: Filler) -> None:
    for number in range(200):
        records = _incompressible(number * 1000, 1000)
        fill(records, topic=f"t{number}", capture_id=f"c{number}", segment_bytes=1)


def _incompressible(first: int, count: int) -> pa.Table:
    records = raw_records(first, count)
    return records.set_column(5, RECORD.field("value"), pa.array([os.urandom(600) for _ in range(count)]))


def _close_quietly(store: SnapshotStore) -> None:
    try:
        store.close()
    except (SnapshotError, StorageFullError):
        return
