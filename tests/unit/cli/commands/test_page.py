"""``workbench page``: the newest records, those behind a bound, and those from a position on."""

from __future__ import annotations

import json

from workbench.cli import exits


def test_the_newest_records_are_a_page(run, address):
    done = run("page", "orders", "-b", address, "-n", "2")
    assert done.exit_code == exits.OK
    assert "orders/0@3" in done.stdout
    assert "orders/0@2" not in done.stdout
    assert "orders/0: offsets 3 to 4" in done.stderr
    assert "2 records" in done.stderr


def test_a_position_and_bounds_say_where_a_page_begins(run, address):
    rows = [json.loads(line) for line in run("page", "orders/0@2", "-b", address, "-J").stdout.splitlines()]
    assert [row["offset"] for row in rows] == [2, 3, 4]
    assert run("page", "orders", "-b", address, "-o", "start", "-n", "1").stdout.count("orders/0@0") == 1
    assert "orders/0@1" in run("page", "orders", "-b", address, "--before", "2", "-n", "1").stdout
    assert "0 records" in run("page", "orders", "-b", address, "-p", "1").stderr


def test_two_bounds_are_refused(run, address):
    done = run("page", "orders", "-b", address, "-o", "0", "--before", "2")
    assert done.exit_code == exits.USAGE
    assert "A page has one bound" in done.stderr
