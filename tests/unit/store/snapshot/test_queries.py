"""SQL of users: bound parameters, one SELECT, many threads, and nothing that writes."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from snapshot_rows import raw_records

from workbench.errors import QueryError, SnapshotError
from workbench.store import SnapshotStore
from workbench.store.transfer import export_records

SEGMENT = 1

DISGUISED = [
    "WITH x AS (DELETE FROM packed_records RETURNING *) SELECT count(*) FROM x",
    "WITH x AS (UPDATE sources SET topic = 'other' RETURNING *) FROM x",
    "WITH x AS (INSERT INTO sources SELECT * FROM sources RETURNING *) SELECT 1",
    "EXPLAIN ANALYZE WITH x AS (DELETE FROM capture_ranges) SELECT 1",
    "WITH x AS (COPY packed_records TO '{folder}/incident.duckdb.segments/000001.records.parquet') SELECT 1",
    "SELECT (WITH x AS (DELETE FROM packed_records RETURNING 1) SELECT count(*) FROM x)",
    "FROM query('DELETE FROM packed_records')",
    "FROM checkpoint()",
    "FROM enable_logging(storage := 'file', storage_path := '{folder}/log')",
    "FROM truncate_duckdb_logs()",
    "SELECT * FROM pandas_scan(4096)",
    "SELECT * FROM arrow_scan(4096, 4096, 4096)",
    "SUMMARIZE FROM arrow_scan_dumb(4096, 4096, 4096)",
    "FROM read_parquet('{folder}/incident.duckdb.segments/000001.records.parquet')",
    "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
    "SELECT write_log('x')",
    "SELECT " + "[" * 900 + "1" + "]" * 900,
]
"""Statements that DuckDB reports as SELECT, or as EXPLAIN of one, and that do more than read tables."""


class TestSql:
    def test_an_error_that_quotes_values_is_short_and_nothing_that_a_terminal_obeys(self, store, fill):
        fill(raw_records(0, 1))
        with pytest.raises(QueryError) as raised:
            store.sql("SELECT (chr(27) || '[2J' || repeat('x', 20000))::INT FROM events")
        assert "\x1b" not in str(raised.value)
        assert "\\x1b[2J" in str(raised.value)
        assert max(map(len, str(raised.value).splitlines())) < 400

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

    @pytest.mark.parametrize("write", [True, False])
    def test_a_select_that_does_more_than_read_is_refused_at_every_entry(self, store, fill, tmp_path, write):
        fill(raw_records(0, 20), segment_bytes=SEGMENT)
        fill(raw_records(20, 40))
        store.close()
        files = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
        with SnapshotStore.open(store.path, write=write) as opened:
            asked = (
                opened.sql,
                opened.sql_arrow,
                lambda text: opened.events(where=f"1 IN ({text})"),
                lambda text: opened.record_table(f"1 IN ({text})"),
                lambda text: export_records(opened, tmp_path / "out.parquet", where=f"1 IN ({text})"),
            )
            for query, ask in itertools.product(DISGUISED, asked):
                with pytest.raises(QueryError):
                    ask(query.format(folder=tmp_path))
            assert opened.sql("SELECT count(*) AS n FROM records")["n"][0] == 60
            assert opened.ranges["records"].sum() == 60
        assert {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")} == files

    def test_the_engine_refuses_changes_even_of_a_statement_that_was_not_recognised(self, store, fill):
        fill(raw_records(0, 4))
        with pytest.raises(SnapshotError, match="read-only"), store.connection.reading() as cursor:
            cursor.execute("DELETE FROM packed_records")
        assert store.record_count() == 4

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
