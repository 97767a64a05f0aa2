"""Views, macros and triggers that came with a file are checked before anything runs them."""

from __future__ import annotations

import duckdb
import pytest
from snapshot_rows import raw_records

from workbench.errors import SnapshotFormatError
from workbench.store import SnapshotStore


class TestStoredSql:
    @pytest.mark.parametrize("write", [True, False])
    @pytest.mark.parametrize(
        ("statement", "named"),
        [
            ("CREATE OR REPLACE VIEW events AS SELECT * FROM query('SELECT 1')", "view 'events'"),
            (
                (
                    'CREATE VIEW "a AS b" ("x y") AS WITH c AS '
                    "(FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))) FROM c"
                ),
                "view 'a AS b'",
            ),
            ("CREATE MACRO max(a) AS (SELECT count(*) FROM query('SELECT 1'))", "macro 'max'"),
            ("CREATE MACRO other(a) AS TABLE SELECT * FROM checkpoint()", "macro 'other'"),
            ("CREATE MACRO next() AS nextval('s')", "macro 'next'"),
            ("CREATE TRIGGER t AFTER UPDATE ON capture_ranges FOR EACH STATEMENT DELETE FROM sources", "trigger 't'"),
        ],
    )
    def test_what_does_more_than_read_is_refused(self, store, fill, statement, named, write):
        fill(raw_records(0, 4))
        store.close()
        with duckdb.connect(str(store.path)) as stranger:
            stranger.execute("CREATE SEQUENCE s")
            stranger.execute(statement)
        with pytest.raises(SnapshotFormatError, match=named):
            SnapshotStore.open(store.path, write=write)

    def test_views_and_macros_that_read_are_welcome(self, store, fill):
        fill(raw_records(0, 40), segment_bytes=1)
        store.close()
        with duckdb.connect(str(store.path)) as colleague:
            colleague.execute("CREATE VIEW mine (n) AS SELECT count(*) FROM sources UNION ALL SELECT 1")
            colleague.execute("CREATE MACRO half(a) AS a / 2")
            colleague.execute("CREATE MACRO parts(a) AS TABLE SELECT * FROM range(a)")
        with SnapshotStore.open(store.path) as opened:
            assert opened.sql("SELECT half(sum(n)) AS h FROM mine")["h"][0] == 1.0
            assert opened.record_count() == 40
