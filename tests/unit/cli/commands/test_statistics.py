"""``workbench statistics``: counts of a window, as a table and as lines of JSON."""

from __future__ import annotations

import json

from workbench.cli import exits


def test_a_window_is_counted(run, address):
    done = run("statistics", "orders", "-b", address)
    assert done.exit_code == exits.OK
    assert "tombstones" in done.stdout
    rows = [json.loads(line) for line in run("statistics", "orders", "-b", address, "-J").stdout.splitlines()]
    (topic,) = [row for row in rows if row["kind"] == "topic"]
    assert (topic["records"], topic["keys"], topic["tombstones"], topic["keyless"]) == (5, 4, 1, 1)
