"""``workbench compare``: one snapshot against another, as a table and as JSON lines."""

from __future__ import annotations

import json
import shutil

from workbench.cli import exits


def test_a_snapshot_equals_its_copy(run, snapshot):
    shutil.copyfile(snapshot, "b.duckdb")
    done = run("compare", snapshot, "b.duckdb")
    assert done.exit_code == exits.OK
    assert "a.duckdb (a) and b.duckdb (b): keys the same" in done.stdout
    rows = [
        json.loads(line) for line in run("compare", snapshot, "b.duckdb", "-t", "orders", "--json").stdout.splitlines()
    ]
    assert [(row["topic"], row["same"]) for row in rows if row["kind"] == "topic"] == [("orders", 4)]


def test_a_topic_that_neither_has_is_an_error(run, snapshot):
    shutil.copyfile(snapshot, "b.duckdb")
    done = run("compare", snapshot, "b.duckdb", "-t", "nowhere")
    assert done.exit_code != exits.OK
    assert "nowhere" in done.stderr
