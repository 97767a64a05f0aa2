"""``offset`` is a word of SQL and a column: both can be written without quotes."""

from __future__ import annotations

import pytest

from workbench.errors import QueryError
from workbench.store.sql.reserved_words import readable, readable_condition


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT offset FROM events WHERE offset > 1 ORDER BY offset LIMIT 2 OFFSET 1", [3, 4]),
        ("SELECT offset FROM events WHERE offset IN (1, 2) ORDER BY OFFSET", [1, 2]),
        ("SELECT max(offset) FROM events -- offset", [5]),
        ("SELECT max(\"offset\") FROM events WHERE 'ä offset' = 'ä offset'", [5]),
        ("SELECT offset FROM events ORDER BY offset DESC LIMIT 1", [5]),
    ],
)
def test_the_column_and_the_clause(store, put, query, rows):
    put([b"{}"] * 6)
    assert store.sql(query).iloc[:, 0].tolist() == rows


def test_a_condition(store, put):
    put([b"{}"] * 6)
    assert len(store.events(where="offset >= 2 AND partition = 0")) == 4
    assert readable_condition('"offset" > 1 -- offset') == '"offset" > 1 -- offset'


def test_what_cannot_be_read_is_left_as_it_is_and_the_error_says_how_to_write_the_column(store, put):
    put([b"{}"])
    assert readable("SELECT offset FROM") == "SELECT offset FROM"
    with pytest.raises(QueryError, match='in double quotes, "offset"'):
        store.sql("SELECT offset FROM events WHERE")
    with pytest.raises(QueryError) as other:
        store.sql("SELECT nope FROM events")
    assert "double quotes" not in str(other.value)
