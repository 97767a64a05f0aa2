"""``workbench trace``: JSON lines that keep what they hold, and charts that nothing in an event can change."""

from __future__ import annotations

import json
import re

import pytest

from workbench.model import NewRecord

HOSTILE = [
    'x\x1b[31m"]; click n0 href "javascript:alert(1)"',
    "a\nn0 --> n1\r\n%%{init: {}}%%",
    "<img src=x onerror=alert(1)> \u202egpj.exe #35;",
    "1. end",
]
LINE = re.compile(
    r"flowchart LR"
    r"|  n\d+\[\"[^\"<>`\x00-\x1f\x7f-\x9f\u202e]*\"\]"
    r"|  v\d+\(\[\"[^\"<>`\x00-\x1f\x7f-\x9f\u202e]*\"\]\)"
    r"|  [nv]\d+ (-->|-\.->|-\. [a-z ]+ \.->) n\d+"
    r"|"
)


@pytest.fixture
def hostile(run, fill):
    """A snapshot of a chain of events whose types, ids and causes are hostile; the last cause is in no event."""
    ids = [None, *HOSTILE, "\x9bgone\n", None]
    bodies = [
        {"event_id": ids[n], "causation_id": ids[n - 1], "correlation_id": "flow", "type": HOSTILE[n % len(HOSTILE)]}
        for n in range(1, len(HOSTILE) + 1)
    ]
    bodies.append({"event_id": "last", "causation_id": ids[5], "correlation_id": "flow", "type": "t"})
    records = [NewRecord("orders", None, json.dumps(body).encode(), (), 0) for body in bodies]
    assert run("capture", "orders", "-b", fill({"orders": records}), "--into", "h.duckdb").exit_code == 0
    return "h.duckdb"


def test_a_chart_holds_nothing_that_mermaid_or_a_terminal_obeys(run, hostile):
    done = run("trace", hostile, "-c", "flow", "--mermaid")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert sum(line.startswith("  n") and "-->" not in line for line in lines) == len(HOSTILE) + 1
    assert sum("-->" in line for line in lines) == len(HOSTILE) - 1


def test_lines_of_json_say_what_they_are_and_edges_keep_their_kind(run, hostile):
    rows = [json.loads(line) for line in run("trace", hostile, "-c", "flow", "-J").stdout.splitlines()]
    kinds = [row["kind"] for row in rows]
    assert (kinds.count("event"), kinds.count("edge"), kinds.count("unresolved")) == (5, 3, 1)
    assert {row["edge_kind"] for row in rows if row["kind"] == "edge"} == {"explicit"}
    assert {row["event_kind"] for row in rows if row["kind"] == "event"} <= {"origin", "inner", "unlinked", "orphan"}
    assert {row["event_id"] for row in rows if row["kind"] == "event"} == {*HOSTILE, "last"}
    assert all("edge_kind" not in row for row in rows if row["kind"] != "edge")


def test_without_or_with_two_selections_it_says_what_is_needed(run, hostile):
    for words in ([], ["-c", "a", "-e", "b"], ["-c", "flow", "-J", "--mermaid"]):
        assert run("trace", hostile, *words).exit_code == 2


def test_every_form_is_printed_and_nothing_in_an_event_changes_it(run, hostile):
    for layout in ("layered", "swimlanes", "waterfall", "sequence", "map"):
        done = run("trace", hostile, "-c", "flow", "--svg", "--layout", layout)
        assert done.exit_code == 0
        assert done.stdout.startswith("<svg ")
        assert not re.search(r"<(?:img|script)|\x1b|\u202e", done.stdout)
    charts = {
        layout: run("trace", hostile, "-c", "flow", "--mermaid", "--layout", layout) for layout in ("sequence", "map")
    }
    assert [done.stdout.split()[0] for done in charts.values()] == ["sequenceDiagram", "flowchart"]
    assert run("trace", hostile, "-c", "flow", "--csv").stdout.startswith("key,event_id,")
    assert len(json.loads(run("trace", hostile, "-c", "flow", "--otlp").stdout)["resourceSpans"]) == 1
    assert run("map", hostile, "--mermaid").stdout.startswith("flowchart LR")
    assert run("map", hostile, "--svg").stdout.startswith("<svg ")
    assert run("map", hostile, "--csv").stdout.startswith("cause,effect,")
    assert run("diff", hostile, "-a", "flow", "-b", "flow", "--svg").stdout.startswith("<svg ")
    by_topic = run("trace", hostile, "-c", "flow", "--svg", "--layout", "map", "--by", "topic").stdout
    assert ">orders<" in by_topic
    assert run("trace", hostile, "-c", "flow", "--mermaid", "--layout", "map", "--by", "topic").stdout.splitlines()[
        1
    ] == ('  t0["orders"]')
    for words in (
        ["--svg", "--by", "topic"],
        ["--svg", "--layout", "waterfall", "--by", "topic"],
        ["--svg", "--layout", "swimlanes", "--by", "event_type"],
        ["--svg", "--csv"],
        ["--layout", "map"],
        ["--svg", "--layout", "pie"],
        ["--mermaid", "--layout", "waterfall"],
    ):
        assert run("trace", hostile, "-c", "flow", *words).exit_code == 2
    assert run("map", hostile, "--svg", "--json").exit_code == 2
    assert run("map", hostile, "--svg", "--since", hostile).exit_code == 2
