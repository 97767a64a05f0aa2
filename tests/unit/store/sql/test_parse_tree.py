"""The tree of a statement, and what is told where there is none."""

from __future__ import annotations

import duckdb
import pytest

from workbench.store.sql.parse_tree import UNREADABLE, nodes, parse


def test_every_node_is_given():
    with duckdb.connect() as cursor:
        tree = parse(cursor, "SELECT a, lower(b) FROM t WHERE c = (SELECT max(d) FROM u)")
    names = {name for node in nodes(tree) for name in node.get("column_names", ())}
    assert names == {"a", "b", "c", "d"}
    assert {node["table_name"] for node in nodes(tree) if node.get("table_name")} == {"t", "u"}


def test_a_thousand_levels_are_walked():
    tree: dict = {"leaf": {"name": "deep"}}
    for _ in range(5_000):
        tree = {"inner": [tree]}
    assert sum("name" in node for node in nodes(tree)) == 1


@pytest.mark.parametrize("query", ["SELECT", "DELETE FROM t", "SELECT " + "(" * 300, "\0"])
def test_what_is_no_select_has_an_error(query):
    with duckdb.connect() as cursor:
        tree = parse(cursor, query)
        assert tree["error"]
        assert tree["error_message"]
        # The cursor can be used again.
        assert cursor.execute("SELECT 1").fetchall() == [(1,)]


def test_a_statement_that_is_nested_too_deeply_is_unreadable():
    with duckdb.connect() as cursor:
        tree = parse(cursor, f"SELECT {'-(' * 900}1{')' * 900}")
    assert tree.get("error_message", UNREADABLE)
