"""A column has a type only if every value keeps its meaning and its digits in it."""

from __future__ import annotations

import json

import duckdb
import pytest

from workbench.store.payload.paths import JsonPath, find_paths
from workbench.store.payload.typed_columns import choose_types, name_columns

CASES = {
    "integers": ([1, -2, 2**63 - 1], "BIGINT", ""),
    "an integer beyond 64 bits": ([1, 2**64], "VARCHAR", "lose digits"),
    "an unsigned 64-bit integer": ([1, 2**63], "VARCHAR", "lose digits"),
    "fractions": ([1.5, 2, None], "DOUBLE", ""),
    "fractions beside a large integer": ([1.5, 2**53 + 1], "VARCHAR", "lose digits"),
    "booleans": ([True, False], "BOOLEAN", ""),
    "text of digits": (["0103", "9"], "VARCHAR", ""),
    "times": (["2026-11-28T10:00:00Z", "2026-11-28 10:00:00.123456+01:00"], "TIMESTAMPTZ", ""),
    "times finer than microseconds": (["2026-11-28T10:00:00.123456789Z"], "VARCHAR", ""),
    "times and other text": (["2026-11-28T10:00:00Z", "soon"], "VARCHAR", ""),
    "an impossible time": (["2026-13-28T10:00:00Z"], "VARCHAR", ""),
    "dates": (["2026-11-28"], "VARCHAR", ""),
    "arrays": ([[1], []], "JSON", ""),
    "number and text": ([1, "x", "y"], "VARCHAR", "types differ (number in 1 record, text in 2 records)"),
    "only null": ([None], "VARCHAR", ""),
}


@pytest.mark.parametrize(("values", "sql_type", "note"), CASES.values(), ids=CASES)
def test_type_of_values(values, sql_type, note):
    with duckdb.connect() as engine:
        bodies = [json.dumps({"x": value}) for value in values]
        engine.execute("CREATE TABLE t AS SELECT unnest($v::VARCHAR[])::JSON AS payload", {"v": bodies})
        engine.execute("CREATE TABLE c AS SELECT payload->>'$.x' AS c0 FROM t")
        (column,) = choose_types(engine, "c", find_paths(engine, "t"))
    assert (column.name, column.sql_type) == ("x", sql_type)
    assert note in column.note
    assert bool(note) == bool(column.note)


def test_names_are_dotted_unique_and_no_position():
    keys = [("a", "b"), ("a.b",), ("offset",), ("Id",), ("id",), ('q"',), ("topic", "name")]
    assert name_columns([JsonPath(one, {}) for one in keys]) == [
        "a.b", '"a.b"', "payload.offset", "Id", "id_2", '"q"""', "topic.name",
    ]  # fmt: skip
