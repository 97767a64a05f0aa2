"""Values of any bytes as text and JSON: null where they are neither, and never an error for the other rows."""

from __future__ import annotations

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.store.payload.columns import HEADER_MACRO, columns_of_bytes, columns_of_text

VALUES = {
    "JSON": (b'{"total": 12.5}', "12.5"),
    "a byte order mark": (b'\xef\xbb\xbf{"total": 3}', "3"),
    "a registry's prefix": (b'\x00\x00\x00\x00\x01{"total": 4}', "4"),
    "no text": (b"\xff\xfe", None),
    "plain text": (b"total", None),
    "cut off": (b'{"total": 12', None),
    "empty": (b"", None),
    "a tombstone": (None, None),
    "a 64-bit integer": (b'{"total": 9223372036854775807}', "9223372036854775807"),
    "nested deeply": (b"[" * 100_000 + b"]" * 100_000, None),
}


@pytest.fixture(scope="module")
def engine():
    with duckdb.connect() as connection:
        connection.execute(HEADER_MACRO)
        yield connection


def as_text(value):
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return None


def read(engine, wanted, columns, kind, values):
    rows = f"SELECT unnest($values::{kind}[]) AS value, value AS key"
    query = f"SELECT {wanted} FROM (SELECT {columns} FROM ({rows}))"
    return [row[0] for row in engine.execute(query, {"values": values}).fetchall()]


def test_every_kind_of_value_in_one_vector(engine):
    values = [value for value, _ in VALUES.values()]
    totals = [total for _, total in VALUES.values()]
    assert read(engine, "payload->>'$.total'", columns_of_bytes(), "BLOB", values) == totals
    assert (
        read(engine, "payload->>'$.total'", columns_of_text(["payload"]), "VARCHAR", list(map(as_text, values)))
        == totals
    )


def test_a_large_schema_id_makes_the_bytes_no_text_but_still_json(engine):
    value = b'\x00\xff\xfe\xfd\xfc{"total": 5}'
    assert read(engine, "payload->>'$.total'", columns_of_bytes(), "BLOB", [value]) == ["5"]
    assert read(engine, "value_text", columns_of_bytes(), "BLOB", [value]) == [None]


@settings(deadline=None)
@given(st.lists(st.none() | st.binary(max_size=40), min_size=1, max_size=30))
def test_text_is_what_python_decodes(engine, values):
    assert read(engine, "value_text", columns_of_bytes(), "BLOB", values) == list(map(as_text, values))
    assert read(engine, "key_text", columns_of_bytes(), "BLOB", values) == list(map(as_text, values))


def test_a_header_by_name_is_the_last_one(engine):
    headers = "[{'name': encode('t'), 'value': encode('a')}, {'name': encode('t'), 'value': encode('b')}]"
    query = f"SELECT header({headers}, 't'), header({headers}, 'T'), header([], 't')"
    assert engine.execute(query).fetchall() == [("b", None, None)]
    odd = r"[{'name': encode('t'), 'value': '\xFF'::BLOB}, {'name': encode('n'), 'value': NULL}]"
    assert engine.execute(f"SELECT header({odd}, 't'), header({odd}, 'n')").fetchall() == [(None, None)]
