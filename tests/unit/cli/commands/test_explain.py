"""``workbench explain``: what is known of one record."""

from __future__ import annotations

import json

from workbench.cli import exits


def test_a_record_is_explained(run, address):
    done = run("explain", "orders/0@0", "-b", address)
    assert done.exit_code == exits.OK
    assert "What led to it: 0 events" in done.stdout
    assert "read: " in done.stdout
    rows = [json.loads(line) for line in run("explain", "orders/0@2", "-b", address, "-J").stdout.splitlines()]
    assert rows[0]["position"] == "orders/0@2"


def test_no_such_record_fails(run, address):
    done = run("explain", "orders/0@77", "-b", address)
    assert done.exit_code == exits.FAILED
    assert "There is no record orders/0@77" in done.stderr
