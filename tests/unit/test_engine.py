"""The DuckDB in memory that all questions share."""

from __future__ import annotations

import os
import threading

import duckdb
import pyarrow as pa
import pytest

from workbench.engine import engine

secret = pa.table({"x": [1]})


def test_each_question_sees_its_own_tables_only():
    first, second = pa.table({"x": [1, 2]}), pa.table({"x": [3]})
    with engine(rows=first) as one, engine(rows=second, more=first) as other:
        one.execute("CREATE TEMP TABLE kept AS FROM rows")
        assert one.sql("SELECT sum(x) FROM rows").fetchall() == [(3,)]
        assert other.sql("SELECT sum(x) FROM rows").fetchall() == [(3,)]
        assert other.sql("SELECT x FROM rows").fetchall() == [(3,)]
        for name in ("kept", "nothing"):
            with pytest.raises(duckdb.CatalogException):
                other.sql(f"FROM {name}")
        with pytest.raises(duckdb.CatalogException):
            one.sql("FROM more")
    with engine() as later, pytest.raises(duckdb.CatalogException):
        later.sql("FROM rows")


@pytest.mark.parametrize(
    "reading",
    [
        "FROM secret",
        f"FROM read_text('{__file__}')",
        "COPY (SELECT 1) TO 'out.csv'",
        "ATTACH 'other.duckdb'",
        "INSTALL httpfs",
    ],
)
def test_it_reaches_nothing_outside(reading, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with engine() as connection, pytest.raises(duckdb.Error):
        connection.sql(reading)
    assert list(tmp_path.iterdir()) == []


def test_threads_ask_at_once():
    sums = []

    def ask(number: int) -> None:
        with engine(rows=pa.table({"x": range(number)})) as connection:
            sums.append(connection.sql("SELECT count(*) FROM rows").fetchall())

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sums) == [[(number,)] for number in range(1, 9)]


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_process_makes_its_own():
    with engine(rows=secret) as connection:
        assert connection.sql("SELECT count(*) FROM rows").fetchall() == [(1,)]
    child = os.fork()
    if child == 0:
        with engine(rows=secret) as connection:
            os._exit(7 if connection.sql("SELECT count(*) FROM rows").fetchall() == [(1,)] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
