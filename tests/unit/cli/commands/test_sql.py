"""``workbench sql``: JSON and CSV that other programs read, whatever the values are."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal

import pytest

from workbench.cli import exits

ODD = """select 'nan'::double nan, '-inf'::double inf, 9223372036854775807 big, 12345678901234567890123::hugeint huge,
    1.50::decimal(10,2) exact, 'x'::blob text, '\\xFF'::blob bytes, {'b': '\\xFF'::blob} nested, ['a'::blob] listed,
    timestamp '2026-11-28 10:00:00.5' moment, 'infinity'::timestamp never, interval 1 day span, null gone, true yes,
    1 a, 2 a"""


def test_json_is_json(run, snapshot):
    (line,) = run("sql", snapshot, ODD, "--json").stdout.splitlines()

    def refuse(name: str) -> None:
        pytest.fail(f"{name} is no JSON")

    row = json.loads(line, parse_float=Decimal, parse_constant=refuse)
    assert (row["nan"], row["inf"], row["gone"], row["yes"]) == (None, None, None, True)
    assert (row["big"], row["huge"], row["exact"]) == (9223372036854775807, 12345678901234567890123, Decimal("1.50"))
    assert (row["text"], row["bytes_b64"], row["nested"], row["listed"]) == ("x", "/w==", {"b_b64": "/w=="}, ["a"])
    assert row["moment"].startswith("2026-11-28T10:00:00.5")
    assert row["never"] == "9,223,372,036,854,775,807 µs since 1970"
    assert (row["span"], row["a"], row["a_2"]) == ("P0M1DT0S", 1, 2)


def test_csv_is_csv(run, snapshot):
    done = run("sql", snapshot, 'select "offset", key, value, 1234567 n from records order by 1', "--csv")
    rows = list(csv.reader(io.StringIO(done.stdout)))
    assert rows[0] == ["offset", "key", "value", "n"]
    assert rows[1][2].startswith('{\n  "event_id"')
    assert rows[2] == ["1", "base64:/w==", "base64:CAD+", "1234567"]
    assert rows[4] == ["3", "t", "", "1234567"]


def test_a_table_in_a_pipe_has_plain_numbers(run, snapshot):
    done = run("sql", snapshot, 'select 1234567 n, 0.125 f, key from records order by "offset" limit 1')
    assert done.stdout.splitlines()[-1].split() == ["1234567", "0.125", "k0"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "select",
        "select nope from events",
        "select 1; select 2",
        "drop table sources",
        "select error('x')",
        "\udcff",
    ],
)
def test_bad_sql_is_a_line(run, snapshot, query):
    done = run("sql", snapshot, query)
    assert done.exit_code in (exits.FAILED, exits.USAGE)
    assert done.stderr.startswith("Error: ")
    assert done.stdout == ""


def test_json_and_csv_exclude_each_other(run, snapshot):
    assert run("sql", snapshot, "select 1", "--json", "--csv").exit_code == exits.USAGE
