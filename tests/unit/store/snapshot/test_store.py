"""Rows look the same in segments and packed, and come back exactly as they were stored."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pytest
from snapshot_rows import body, raw_records

from workbench.errors import SnapshotFormatError
from workbench.model.records.columns import EVENT, RECORD
from workbench.store import SnapshotStore
from workbench.store.file.layout import RANGES
from workbench.store.ids.names import ids_name
from workbench.store.segments.packing import is_small, packing_steps, segment_sizes

SEGMENT = 1


class TestRows:
    @pytest.mark.parametrize("segment_bytes", [None, SEGMENT])
    def test_raw_bytes_come_back_exactly(self, store, fill, segment_bytes):
        records = raw_records(5, 40)
        fill(records, segment_bytes=segment_bytes)
        assert store.record_table().select(RECORD.names).cast(RECORD).equals(records)

    def test_records_and_events_look_the_same_packed_or_not(self, store, fill):
        fill(raw_records(0, 30), segment_bytes=SEGMENT)
        fill(raw_records(0, 30, partition=1), topic="bills", capture_id="c2")
        folder = store.path.with_name("incident.duckdb.segments")
        assert len(list(folder.glob("*.parquet"))) == 2
        before = [store.sql_arrow(f'FROM {view} ORDER BY source_id, "offset"') for view in ("records", "events")]
        assert store.pack(max_bytes=10) is False
        assert folder.exists()
        assert store.pack() is True
        assert not folder.exists()
        after = [store.sql_arrow(f'FROM {view} ORDER BY source_id, "offset"') for view in ("records", "events")]
        assert before == after

    def test_segments_of_large_rows_are_packed_one_by_one_and_only_when_asked(self, store, fill):
        for number in range(3):
            records = raw_records(number, 1)
            large = records.set_column(5, RECORD.field("value"), pa.array([b"x" * (9 << 20)], pa.binary()))
            fill(large, capture_id=f"c{number}", segment_bytes=1)
        fill(raw_records(3, 30), capture_id="c3", segment_bytes=1)
        with store.cursor() as cursor:
            sizes = segment_sizes(cursor, store.folder)
        assert [one.has_large_rows for one in sizes] == [True, True, True, False]
        assert packing_steps(sizes) == [[4], [1], [2], [3]]
        assert not is_small(sizes, 8 << 20)
        assert store.pack(max_bytes=8 << 20) is False
        assert store.pack() is True
        assert not store.folder.exists()
        assert (
            store.sql('SELECT sum(octet_length(value))::BIGINT AS n FROM records WHERE "offset" < 3')["n"][0]
            == 27 << 20
        )
        assert store.record_count() == 33

    def test_packing_leaves_what_is_being_written_alone(self, store, fill):
        fill(raw_records(0, 30), segment_bytes=SEGMENT)
        other = store.new_segment()
        other.write(*_stored(store))
        assert store.pack() is True
        segment = other.finish()
        assert store.sql("SELECT count(*) AS n FROM records")["n"][0] == 30
        names = {path.name for path in store.path.with_name("incident.duckdb.segments").iterdir()}
        assert names == {segment.records_file, segment.events_file, ids_name(segment.events_file)}

    def test_packing_waits_for_queries_that_read_the_files(self, store, fill, monkeypatch):
        monkeypatch.setattr("workbench.store.snapshot.store._READERS_S", 0.2)
        fill(raw_records(0, 30), segment_bytes=SEGMENT)
        with store.cursor() as cursor:
            reader = cursor.sql('SELECT "offset" FROM records').to_arrow_reader(7)
            assert store.pack() is True
            assert sum(batch.num_rows for batch in reader) == 30
        store.close()
        with SnapshotStore.open(store.path, write=True) as opened:
            assert opened.sql("SELECT count(*) AS n FROM records")["n"][0] == 30
        assert not list(store.path.with_name("incident.duckdb.segments").iterdir())

    def test_a_packed_file_opens_in_any_duckdb(self, store, fill):
        fill(raw_records(0, 8))
        store.close()
        with duckdb.connect(str(store.path), read_only=True) as plain:
            rows = plain.execute("SELECT event_type, count(*) FROM events GROUP BY 1 ORDER BY 1").fetchall()
        assert rows == [("order.paid", 4), ("order.placed", 4)]

    def test_a_file_can_be_moved_with_its_segments_and_not_without(self, store, fill, tmp_path):
        fill(raw_records(0, 20), segment_bytes=SEGMENT)
        store.close()
        moved = tmp_path / "elsewhere" / "other name.duckdb"
        moved.parent.mkdir()
        store.path.rename(moved)
        with pytest.raises(SnapshotFormatError, match=r"lacks 2 of its 2 segment files .*000001"):
            SnapshotStore.open(moved)
        store.path.with_name("incident.duckdb.segments").rename(moved.with_name("other name.duckdb.segments"))
        with SnapshotStore.open(moved) as opened:
            assert opened.sql("SELECT count(*) AS n FROM records")["n"][0] == 20

    def test_opening_sweeps_files_that_no_row_knows_and_nothing_else(self, store, fill):
        fill(raw_records(0, 20), segment_bytes=SEGMENT)
        unfinished = store.new_segment()
        unfinished.write(*_stored(store))
        finished = store.new_segment()
        finished.write(*_stored(store))
        finished.finish()
        folder = store.path.with_name("incident.duckdb.segments")
        (folder / "notes.txt").write_text("mine")
        store.close()
        assert len(list(folder.iterdir())) == 9
        with SnapshotStore.open(store.path, write=True) as opened:
            names = sorted(path.name for path in folder.iterdir())
            assert names == ["000001.events.parquet", "000001.ids", "000001.records.parquet", "notes.txt"]
            assert opened.sql("SELECT count(*) AS n FROM records")["n"][0] == 20


def _stored(store):
    query = "SELECT * EXCLUDE (cluster, topic, timestamp) FROM {}"
    from workbench.store.file.layout import STORED_EVENT, STORED_RECORD

    raw = store.sql_arrow(query.format("records")).cast(STORED_RECORD)
    return raw, store.sql_arrow(query.format("events")).select(STORED_EVENT.names).cast(STORED_EVENT)


class TestTables:
    def test_event_table_has_the_columns_that_analysis_was_promised(self, store, fill):
        fill(raw_records(0, 6))
        table = store.event_table("event_type = $kind", {"kind": "order.paid"}, with_value=True)
        extras = ["source_id", "cluster_id", "cluster", "topic", "timestamp_ms", "timestamp_type", "value"]
        known = [name for name in EVENT.names if name not in ("decoded", "decoded_key")]
        assert table.column_names == [*known, *extras]
        assert table.select(known).cast(pa.schema([EVENT.field(name) for name in known])).num_rows == 3
        assert table["value"][1].as_py() == body(2)

    def test_record_table_is_picked_by_decoded_columns_or_positions(self, store, fill):
        fill(raw_records(0, 6))
        assert store.record_table("event_type = 'order.paid' AND key IS NOT NULL")["offset"].to_pylist() == [2, 4]
        positions = pa.table({"source_id": [1, 1, 1], "partition": [0, 0, 9], "offset": [5, 1, 1]})
        assert store.record_table(positions=positions)["offset"].to_pylist() == [1, 5]
        assert store.event_table(positions=positions)["offset"].to_pylist() == [1, 5]

    def test_records_are_counted_in_segments_and_in_the_file(self, store, fill):
        assert store.record_count() == 0
        fill(raw_records(0, 6))
        fill(raw_records(0, 30), topic="bills", capture_id="c2", segment_bytes=SEGMENT)
        assert store.record_count() == 36

    def test_ranges(self, store, fill):
        fill(raw_records(0, 6))
        assert store.ranges_table().schema.equals(RANGES)
        assert list(store.ranges["state"]) == ["complete"]
        (source,) = store.selected_sources()
        assert (source.cluster, source.topic, source.partitions, source.transactional) == (
            "demo",
            "orders",
            3,
            frozenset(),
        )
