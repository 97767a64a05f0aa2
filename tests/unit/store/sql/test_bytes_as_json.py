"""Bytes that a query reads as JSON would give null everywhere: it is refused, and says what to use."""

from __future__ import annotations

import pytest

from workbench.errors import QueryError

ORDER = [b'{"total": 12.5}']


@pytest.mark.parametrize(
    "query",
    [
        "SELECT value->>'$.total' FROM records",
        "SELECT value->'$.total' FROM records",
        "SELECT r.value->>'total' FROM records r",
        "SELECT value::JSON FROM records",
        "SELECT json_extract_string(value::VARCHAR, '$.total') FROM records",
        "SELECT 1 FROM events WHERE json_extract(value, '$.total') IS NULL",
        "SELECT json_valid(value) FROM events",
    ],
)
def test_it_names_the_payload(store, put, query):
    put(ORDER)
    with pytest.raises(QueryError, match=r"value holds bytes.*payload->>"):
        store.sql(query)


def test_a_condition_and_a_key(store, put):
    put(ORDER)
    with pytest.raises(QueryError, match="value holds bytes"):
        store.events(where="value->>'$.total' = '12.5'")
    with pytest.raises(QueryError, match=r"key holds bytes.*key_text->>"):
        store.sql("SELECT key->>'$.id' FROM records")


@pytest.mark.parametrize(
    "query",
    [
        "WITH t AS (SELECT payload AS value FROM events) SELECT value->>'$.total' AS total FROM t",
        "SELECT value->>'$.total' AS total FROM (SELECT payload AS value FROM records)",
        "SELECT payload->>'$.total' AS total FROM events",
        "SELECT value_text->>'$.total' AS total FROM events",
    ],
)
def test_json_of_the_same_name_is_no_bytes(store, put, query):
    put(ORDER)
    assert list(store.sql(query)["total"]) == ["12.5"]
