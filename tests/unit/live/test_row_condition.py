from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from tail_rows import SCHEMA, matching, rows

from workbench.errors import ValidationError
from workbench.live import row_condition
from workbench.live.row_filter import parse_filter

if TYPE_CHECKING:
    from collections.abc import Sequence
ENDLESS = "where " + " + ".join(["levenshtein(value||value||value, value||value||key)"] * 20) + " = offset"


@pytest.mark.parametrize(
    "text",
    [
        "where partition = ",
        "where nowhere = 1",
        "where true) or (select count(*) from batch) > 0; drop table x; select (1",
        "where true); create table t(x int); --",
        "where exists (select * from read_text('/etc/hostname'))",
        "where (select count(*) from 'data.parquet') > 0",
        "where exists (select * from row_filter)",
        "where exists(from enable_logging(storage = 'file'))",
        "where not exists(from enable_logging(level = 'trace'))",
        "where true) union select 500 where (true",
        "where true union select 500",
        "where true order by 1 limit 1",
        "where partition = 1 group by partition",
        "where 1 = 1) or (2 = 2",
        "where random() > 0.5 and nextval('s') = 1",
        "where write_log('x') is null",
        "where sleep_ms(100000) is null",
        "where len(repeat(key, 1000000000)) > 1",
        "where key = $wanted",
        "where",
        "where   ",
        "where /*",
        "where 'open",
        "where " + "(" * 1_900,
    ],
)
def test_a_filter_that_cannot_be_used_says_so(text: str) -> None:
    with pytest.raises(ValidationError, match="filter"):
        parse_filter(text, SCHEMA)


def test_a_condition_without_the_parentheses_that_sql_wants_says_where_they_go() -> None:
    with pytest.raises(ValidationError, match=r"write \(payload->'a'->>'b'\) = 'x'"):
        parse_filter("where payload->'n'->>'m' = '1'", SCHEMA)


def test_errors_say_what_was_written_and_what_to_write() -> None:
    with pytest.raises(ValidationError, match=r"gives is text, also of a number: write \(payload->>'n'\)::int > 3"):
        parse_filter("where payload->>'n' > 3", SCHEMA)
    with pytest.raises(ValidationError, match=r"from source column payload->>'n'"):
        matching("where (payload->>'n')::date > '2026-01-01'", rows(0, 3))
    with pytest.raises(ValidationError, match="The columns are: topic"):
        parse_filter("where nowhere = 1", SCHEMA)


def test_a_condition_that_fails_on_a_record_is_an_error_of_the_filter() -> None:
    with pytest.raises(ValidationError, match="filter cannot be used"):
        matching("where key::int > 3", rows(0, 3))


def test_a_condition_without_end_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_condition, "TIME_LIMIT_S", 0.3)
    many = rows(0, 20_000)
    with pytest.raises(ValidationError, match="simpler"):
        matching(ENDLESS, many)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("where offset > 17", [18, 19]),
        ("where OFFSET in (3, 4) and partition = 0", [3]),
        ('where "offset" = 3 or (offset = 5)', [3, 5]),
        ("where offset = 99999999999999999999", []),
        ("where offset < 99999999999999999999 and offset > 18", [19]),
        ("where key = 'offset' or offset = 2", [2]),
        ("where value->>'$.n' = '7'", [7]),
        ("where try(key::int) is null and offset = 1", [1]),
        ("where len(list_filter(headers, lambda h: h.value = 'header-4'::blob)) > 0", [4]),
        ("where true", list(range(20))),
        ("where null", []),
    ],
)
def test_conditions_over_columns(text: str, expected: Sequence[int]) -> None:
    assert matching(text, rows(0, 20)) == expected


def test_an_unknown_column_names_those_that_there_are() -> None:
    with pytest.raises(ValidationError, match="columns are: topic, partition, offset"):
        parse_filter("where nowhere = 1", SCHEMA)


def test_a_condition_can_be_stopped_from_another_thread() -> None:
    condition = parse_filter(ENDLESS, SCHEMA)
    assert condition is not None
    many = rows(0, 20_000)
    stopping = threading.Timer(0.2, condition.cancel)
    stopping.start()
    with pytest.raises(ValidationError, match="stopped"):
        condition.matches(many)
    stopping.join()
    with pytest.raises(ValidationError, match="stopped"):
        condition.matches(rows(0, 1))
    condition.close()


def test_a_condition_reads_json_text_and_headers() -> None:
    table = rows(0, 3)
    assert matching("where payload->>'$.none' = 'x'", table) == []
    assert matching("where key_text = value_text or value_text is not null", table) == [0, 1, 2]
    assert matching("where header(headers, 'nothing') is null", table) == [0, 1, 2]
