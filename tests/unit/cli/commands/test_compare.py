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


def test_events_of_one_snapshot_are_compared_by_their_attributes(run, snapshot):
    done = run("compare", snapshot, "-a", '"offset" = 0', "--exclude", "offset")
    assert done.exit_code == 0, done.stderr
    rows = [json.loads(line) for line in run("compare", snapshot, "-a", '"offset" = 0', "--json").stdout.splitlines()]
    assert {"attribute", "score"} <= set(rows[0])
    assert run("compare", snapshot, "-a", '"offset" = 0', "--csv").stdout.startswith("attribute,")
    for words in ([], ["b.duckdb", "-a", "true"], ["b.duckdb", "--traces"], ["-a", "true", "--json", "--csv"]):
        assert run("compare", snapshot, *words).exit_code == 2
