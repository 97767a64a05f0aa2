"""SQL of users: bound parameters, one SELECT, many threads, and nothing that writes."""

from __future__ import annotations

import pandas as pd
import pytest
from snapshot_rows import raw_records

from workbench.errors import QueryError
from workbench.store import SnapshotStore

SEGMENT = 1


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
