from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from workbench.errors import QueryError
from workbench.store.sql.condition import parse_condition

if TYPE_CHECKING:
    from collections.abc import Iterator

COLUMNS = ("offset", "partition", "value", "größe", "order")


@pytest.fixture(scope="module")
def cursor() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect(":memory:")
    yield connection
    connection.close()


@pytest.mark.parametrize(
    ("text", "read", "columns"),
    [
        ("partition = 3 and value like '%a%'", "partition = 3 and value like '%a%'", {"partition", "value"}),
        ("offset > 10", '"offset" > 10', {"offset"}),
        ('Offset>10 and "offset"<3', '"Offset">10 and "offset"<3', {"offset"}),
        ("größe = 'offset' and order=1", "größe = 'offset' and \"order\"=1", {"größe", "order"}),
        ("not (offset in (1, 2)) -- offset", 'not ("offset" in (1, 2)) -- offset', {"offset"}),
        ("value > timestamp '2026-01-01'", "value > timestamp '2026-01-01'", {"value"}),
        ("case when partition = 1 then true end", "case when partition = 1 then true end", {"partition"}),
    ],
)
def test_conditions_are_read(cursor: duckdb.DuckDBPyConnection, text: str, read: str, columns: set[str]) -> None:
    found = parse_condition(cursor, text, COLUMNS)
    assert found.text == read
    assert found.columns == columns


@pytest.mark.parametrize(
    "text",
    [
        "",
        " -- nothing",
        "partition =",
        "true) union select 500 where (true",
        "true union select 500",
        "true order by 1",
        "true offset 3",
        "true limit 3",
        "partition = 1 group by partition",
        "partition = 1 using sample 10",
        "partition = 1 qualify true",
        "1=1; drop table x",
        "exists (from enable_logging())",
        "partition in (select 1)",
        "row_number() over () = 1",
        "columns(*) = 1",
        "nextval('s') = 1",
        "repeat(value, 1000000000) = 'x'",
        "value = 'open",
        "/* open",
        "(" * 5_000,
        "not " * 5_000 + "true",
    ],
)
def test_more_than_one_condition_over_a_row_is_refused(cursor: duckdb.DuckDBPyConnection, text: str) -> None:
    with pytest.raises(QueryError):
        parse_condition(cursor, text, COLUMNS)
