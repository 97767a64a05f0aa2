"""A new file has the tables of the newest version."""

from __future__ import annotations

import duckdb

from workbench.store.file.schema import VERSION, is_empty, migrate, stored_version
from workbench.store.file.tables import TABLES


def test_a_new_file_has_each_table_and_the_newest_version():
    with duckdb.connect() as connection:
        assert is_empty(connection)
        migrate(connection, 0, by="test")
        assert stored_version(connection) == VERSION
        found = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE NOT internal").fetchone()
    assert found == (len(TABLES),)
