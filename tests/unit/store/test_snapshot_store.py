from __future__ import annotations

import math
import shutil

import duckdb
import pandas as pd
import pyarrow as pa
import pytest
from snapshot_rows import T_MS, body, raw_records

from workbench.errors import QueryError, SnapshotError, SnapshotFormatError, WindowError
from workbench.model.chunk import Gap
from workbench.model.columns import EVENT, RECORD
from workbench.store import SnapshotStore
from workbench.store.file.layout import RANGES
from workbench.store.transfer import copy_to, redecode

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
        assert len(list(folder.iterdir())) == 2
        before = [store.sql_arrow(f'FROM {view} ORDER BY source_id, "offset"') for view in ("records", "events")]
        assert store.pack(max_bytes=10) is False
        assert folder.exists()
        assert store.pack() is True
        assert not folder.exists()
        after = [store.sql_arrow(f'FROM {view} ORDER BY source_id, "offset"') for view in ("records", "events")]
        assert before == after

    def test_packing_leaves_what_is_being_written_alone(self, store, fill):
        fill(raw_records(0, 30), segment_bytes=SEGMENT)
        other = store.new_segment()
        other.write(*_stored(store))
        assert store.pack() is True
        segment = other.finish()
        assert store.sql("SELECT count(*) AS n FROM records")["n"][0] == 30
        names = {path.name for path in store.path.with_name("incident.duckdb.segments").iterdir()}
        assert names == {segment.records_file, segment.events_file}

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
        assert len(list(folder.iterdir())) == 7
        with SnapshotStore.open(store.path, write=True) as opened:
            names = sorted(path.name for path in folder.iterdir())
            assert names == ["000001.events.parquet", "000001.records.parquet", "notes.txt"]
            assert opened.sql("SELECT count(*) AS n FROM records")["n"][0] == 20


def _stored(store):
    query = "SELECT * EXCLUDE (cluster, topic, timestamp) FROM {}"
    from workbench.store.file.layout import STORED_EVENT, STORED_RECORD

    raw = store.sql_arrow(query.format("records")).cast(STORED_RECORD)
    return raw, store.sql_arrow(query.format("events")).select(STORED_EVENT.names).cast(STORED_EVENT)


class TestSql:
    def test_parameters_are_bound(self, store, fill):
        fill(raw_records(0, 12))
        hostile = "x'; DROP TABLE sources; --"
        frame = store.sql("SELECT count(*) AS n FROM events WHERE event_type = ?", [hostile])
        assert frame["n"][0] == 0
        frame = store.sql("SELECT count(*) AS n FROM events WHERE event_type = $kind", {"kind": "order.paid"})
        assert frame["n"][0] == 6

    @pytest.mark.parametrize(
        "query",
        [
            "WITH a AS (SELECT 1 AS x) FROM a",
            "VALUES (1)",
            "DESCRIBE events",
            "SHOW TABLES",
            "SUMMARIZE records",
            "EXPLAIN SELECT 1",
            "EXPLAIN ANALYZE SELECT 1",
            "FROM (PIVOT (SELECT event_type, topic FROM events) ON event_type IN ('order.paid') USING count(*))",
        ],
    )
    def test_reading_in_all_its_forms(self, store, fill, query):
        fill(raw_records(0, 4))
        assert store.sql(query).shape[0] >= 1

    @pytest.mark.parametrize("write", [True, False])
    @pytest.mark.parametrize(
        "query",
        [
            "COPY (SELECT 1) TO '{folder}/out.csv'",
            "COPY (SELECT 1) TO '{folder}/incident.duckdb.segments/out.csv'",
            "EXPLAIN ANALYZE COPY (SELECT 1) TO '{folder}/incident.duckdb.segments/out.csv'",
            "ATTACH '{folder}/other.duckdb'",
            "DELETE FROM records",
            "CREATE TABLE x (a INT)",
            "SET memory_limit = '1TB'",
            "PRAGMA database_list",
            "INSTALL httpfs",
            "SELECT 1; DROP TABLE sources",
            "SELECT * FROM read_text('{folder}/secret.txt')",
            "SELECT * FROM '{folder}/secret.csv'",
            "SELECT * FROM glob('{folder}/*')",
            "",
            "SELEKT 1",
            "SELECT nothing FROM events",
            "SELECT 1/'x'::INT",
        ],
    )
    def test_everything_else_is_refused_and_touches_nothing(self, store, fill, tmp_path, query, write):
        fill(raw_records(0, 20), segment_bytes=SEGMENT)
        store.close()
        (tmp_path / "secret.txt").write_text("secret")
        (tmp_path / "secret.csv").write_text("a\n1\n")
        before = sorted(tmp_path.rglob("*"))
        with SnapshotStore.open(store.path, write=write) as opened, pytest.raises(QueryError):
            opened.sql(query.format(folder=tmp_path))
        assert sorted(path for path in tmp_path.rglob("*") if path.suffix != ".wal") == before

    def test_python_variables_are_no_tables(self, store):
        frame = pd.DataFrame({"a": [1]})
        with pytest.raises(QueryError, match="frame"):
            store.sql("SELECT * FROM frame")
        assert len(frame) == 1

    def test_many_threads_ask_at_once(self, store, fill):
        from concurrent.futures import ThreadPoolExecutor

        fill(raw_records(0, 200))
        query = 'SELECT count(*) AS n FROM events WHERE "offset" < ?'
        with ThreadPoolExecutor(8) as pool:
            counts = list(pool.map(lambda n: store.sql(query, [n])["n"][0], range(100)))
        assert counts == list(range(100))


class TestFrames:
    def test_dtypes_do_not_depend_on_values(self, store, fill):
        empty = store.events().dtypes
        fill(raw_records(0, 10))
        full = store.events()
        assert full.dtypes.equals(empty)
        assert str(full["timestamp"].dtype) == "datetime64[us, UTC]"
        assert str(full["event_time"].dtype) == "datetime64[us, UTC]"
        assert full["event_type"].dtype == "str"
        assert str(full["offset"].dtype) == "Int64"
        assert str(full["tombstone"].dtype) == "boolean"
        assert full["timestamp"][0] == pd.Timestamp(T_MS, unit="ms", tz="UTC")

    def test_sums_and_numbers_have_dtypes_of_numbers(self, store):
        frame = store.sql("SELECT sum(x) AS s, avg(x) AS a, 1.5 AS d, sum(x) * 10 AS t FROM range(5) AS r(x)")
        assert [str(kind) for kind in frame.dtypes] == ["Int64", "Float64", "Float64", "Int64"]
        assert frame.iloc[0].tolist() == [10, 2.0, 1.5, 100]
        huge = store.sql("SELECT sum(x) AS s FROM (VALUES (170141183460469231731687303715884105727::HUGEINT)) AS t(x)")
        assert math.isclose(float(huge["s"][0]), 2**127, rel_tol=1e-9)

    def test_provenance_travels_with_the_frame(self, store, fill):
        fill(raw_records(3, 4), gaps=(Gap("expired", 3, 4),))
        for frame in (store.events(), store.sql("SELECT 1 AS x")):
            (row,) = frame.attrs["provenance"]
            assert (row["topic"], row["from"], row["next"], row["state"]) == ("orders", 3, 7, "complete")
            assert row["gaps"] == [{"reason": "expired", "start": 3, "stop": 4}]

    def test_absurd_timestamps_do_not_break_a_query(self, store, fill):
        records = raw_records(0, 3)
        times = pa.array([-1, 2**63 - 1, T_MS], pa.int64())
        fill(records.set_column(2, RECORD.field("timestamp_ms"), times))
        frame = store.events()
        assert frame["timestamp"].isna().sum() == 2
        assert store.record_table()["timestamp_ms"].to_pylist() == times.to_pylist()


class TestEvents:
    def test_filters(self, store, fill):
        fill(raw_records(0, 40))
        fill(raw_records(0, 10), topic="bills", capture_id="c2")
        assert len(store.events()) == 50
        assert len(store.events(topic="bills")) == 10
        assert len(store.events(topic=["bills", "orders"], type="order.paid")) == 25
        assert len(store.events(source="shop", correlation_id="00000000-0000-4000-9000-000000000003")) == 4
        assert len(store.events(where='"offset" < $most -- a comment', params={"most": 5})) == 10
        assert len(store.events(start=30)) == 10
        assert store.events(start="@2026-11-23T10:00:00.030Z", end="@2026-11-23T10:00:00.035Z")["offset"].tolist() == [
            30,
            31,
            32,
            33,
            34,
        ]
        assert len(store.events(start="start", end="end")) == 50

    def test_a_limit_says_whether_there_was_more(self, store, fill):
        fill(raw_records(0, 10))
        assert store.events(limit=3).attrs["truncated"] is True
        assert store.events(limit=10).attrs["truncated"] is False
        assert len(store.events(limit=3)) == 3

    @pytest.mark.parametrize("bound", ["-100", "+5", "group:billing", "end"])
    def test_bounds_that_a_snapshot_cannot_resolve(self, store, bound):
        with pytest.raises(WindowError):
            store.events(start=bound)

    @pytest.mark.parametrize("where", ["no_such = 1", "1) OR (1", "1; DROP TABLE sources"])
    def test_a_condition_that_is_none(self, store, where):
        with pytest.raises(QueryError):
            store.events(where=where)

    def test_a_token_never_surfaces(self, store, fill):
        fill(raw_records(0, 10))
        table = store.event_table()
        assert "TOP-SECRET-TOKEN" not in str(table.to_pylist())
        assert table["principal"][0].as_py() == "u1"


class TestTables:
    def test_event_table_has_the_columns_that_analysis_was_promised(self, store, fill):
        fill(raw_records(0, 6))
        table = store.event_table("event_type = $kind", {"kind": "order.paid"}, with_value=True)
        extras = ["source_id", "cluster_id", "cluster", "topic", "timestamp_ms", "timestamp_type", "value"]
        assert table.column_names == [*EVENT.names, *extras]
        assert table.select(EVENT.names).cast(EVENT).num_rows == 3
        assert table["value"][1].as_py() == body(2)

    def test_record_table_is_picked_by_decoded_columns_or_positions(self, store, fill):
        fill(raw_records(0, 6))
        assert store.record_table("event_type = 'order.paid' AND key IS NOT NULL")["offset"].to_pylist() == [2, 4]
        positions = pa.table({"source_id": [1, 1, 1], "partition": [0, 0, 9], "offset": [5, 1, 1]})
        assert store.record_table(positions=positions)["offset"].to_pylist() == [1, 5]
        assert store.event_table(positions=positions)["offset"].to_pylist() == [1, 5]

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


class TestCopies:
    def test_a_copy_is_whole_and_can_be_read_while_the_original_is_written(self, store, fill, tmp_path):
        fill(raw_records(0, 30), segment_bytes=SEGMENT)
        fill(raw_records(0, 5), topic="bills", capture_id="c2")
        target = copy_to(store, tmp_path / "copy.duckdb")
        fill(raw_records(0, 5), topic="later", capture_id="c3")
        with SnapshotStore.open(target) as copy:
            assert copy.ranges.shape[0] == 2
            assert copy.sql("SELECT count(*) AS n FROM events")["n"][0] == 35
        shutil.rmtree(store.path.with_name("incident.duckdb.segments"))
        with SnapshotStore.open(target) as copy:
            assert copy.sql("SELECT sum(octet_length(value)) AS n FROM records")["n"][0] > 0
        assert not list(tmp_path.glob(".copying-*"))

    def test_a_copy_overwrites_nothing(self, store, tmp_path):
        (tmp_path / "copy.duckdb").write_bytes(b"precious")
        with pytest.raises(SnapshotError, match="exists already"):
            copy_to(store, tmp_path / "copy.duckdb")
        assert (tmp_path / "copy.duckdb").read_bytes() == b"precious"


class TestDecodingAgain:
    def test_it_rewrites_events_alone(self, store, fill):
        class Blind:
            def decode(self, records, topic):
                rows = [
                    {
                        "partition": row["partition"],
                        "offset": row["offset"],
                        "also_matched": [],
                        "link_ids": [],
                        "id_scope": "global",
                        "causes": [],
                        "cause_state": "unknown",
                        "tombstone": False,
                        "problems": ["value_not_json"],
                        "event_type": topic,
                    }
                    for row in records.select(["partition", "offset"]).to_pylist()
                ]
                return pa.RecordBatch.from_pylist(rows, schema=EVENT)

        fill(raw_records(0, 30), segment_bytes=SEGMENT)
        fill(raw_records(0, 5), topic="bills", capture_id="c2")
        raw = store.record_table()
        assert redecode(store, Blind()) == 35
        assert store.record_table().equals(raw)
        assert store.sql("SELECT event_type, count(*) AS n FROM events GROUP BY 1 ORDER BY 1")["n"].tolist() == [5, 30]
        assert store.ranges["undecodable"].tolist() == [5, 30]
        folder = store.path.with_name("incident.duckdb.segments")
        assert sorted(path.name for path in folder.iterdir()) == ["000001.1.events.parquet", "000001.records.parquet"]
        redecode(store, fill.decoder)
        assert store.sql("SELECT count(*) AS n FROM events WHERE event_type LIKE 'order%'")["n"][0] == 35
        assert (folder / "000001.2.events.parquet").exists()
