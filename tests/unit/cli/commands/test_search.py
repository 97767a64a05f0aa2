"""``workbench search``: prints what is found, says how it ended, and stores what was found if asked."""

from __future__ import annotations

import json

from workbench.cli import exits


def test_records_are_printed_and_the_end_is_said(run, address):
    done = run("search", "orders", "-b", address, "--where", "payload->>'type' = 'placed'")
    assert done.exit_code == exits.OK
    assert "orders/0@0" in done.stdout
    assert "scanned  matched" in done.stdout
    assert "complete: 5 records in 1 partition searched" in done.stderr


def test_json_lines_hold_records_and_ranges(run, address):
    done = run("search", "orders", "-b", address, "--key", "t", "--regex", "^t$", "-J")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["key"], row["value"]) for row in rows if "key" in row] == [("t", None)]
    (searched,) = [row for row in rows if row.get("kind") == "range"]
    assert (searched["scanned"], searched["matched"], searched["state"]) == (5, 1, "complete")
    assert "note: every partition of orders was read" in done.stderr


def test_the_limit_is_exit_code_3_and_what_was_found_is_stored(run, address):
    done = run("search", "orders", "-b", address, "-n", "2", "--newest", "--into", "found.duckdb")
    assert done.exit_code == exits.INCOMPLETE
    assert "stopped because the limit of 2 records was reached" in done.stderr
    stored = run("sql", "found.duckdb", 'select "offset" from records order by 1', "--json")
    assert [json.loads(line)["offset"] for line in stored.stdout.splitlines()] == [3, 4]


def test_a_condition_that_cannot_be_read_is_a_usage_error(run, address):
    done = run("search", "orders", "-b", address, "--where", "nowhere = 1")
    assert done.exit_code != exits.OK
    assert "The condition cannot be read" in done.stderr
