"""Commands that ask the causal graph of a snapshot or of a file of spans: text, JSON lines, and wrong calls."""

from __future__ import annotations

import json

import pytest
from span_files import TRACE, jaeger, jaeger_span

from workbench.model import NewRecord

BODIES = [
    {"event_id": f"{flow}{n}", "causation_id": f"{flow}{n - 1}" if n else None, "correlation_id": flow, "type": f"T{n}"}
    for flow in ("good", "slow", "bad")
    for n in range(2 if flow == "bad" else 3)
]


@pytest.fixture
def snapshot(run, fill):
    records = [NewRecord("orders", b"k", json.dumps(body).encode(), (), 0) for body in BODIES]
    records.append(NewRecord("orders", b"k", b'{"event_id": "x", "causation_id": "gone", "type": "T0"}', (), 0))
    assert run("capture", "orders", "-b", fill({"orders": records}), "--into", "f.duckdb").exit_code == 0
    return "f.duckdb"


def lines(done):
    assert done.exit_code == 0, done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_findings_unfinished_variants_and_map(run, snapshot):
    assert "missing_cause: 1 cause named by nobody else" in run("findings", snapshot).stdout
    assert lines(run("findings", snapshot, "--json"))[0]["rule"] == "missing_cause"
    assert lines(run("findings", snapshot, "--json", "--evidence"))[0]["event"] == "x"
    assert "missing_cause" not in run("findings", snapshot, "-c", "good").stdout
    assert "unfinished: 0 events by 0 rules" in run("unfinished", snapshot).stdout
    assert json.loads(run("unfinished", snapshot, "--freeze").stdout) == []
    assert [row["n"] for row in lines(run("variants", snapshot, "--json"))] == [1, 2]
    assert {(row["cause"], row["effect"], row["n"]) for row in lines(run("map", snapshot, "--json"))} == {
        ("T0", "T1", 3), ("T1", "T2", 2),
    }  # fmt: skip
    assert run("map", snapshot, "--since", snapshot).stdout == "drift: 0 changes\n"
    assert run("map", snapshot, "--by", "colour").exit_code != 0


def test_what_the_flows_of_a_snapshot_have_in_common(run, snapshot):
    assert run("variants", snapshot, "--csv").stdout.count("\n") == 3
    assert [row["n"] for row in lines(run("variants", snapshot, "-c", "good", "-J"))] == [1]
    follows = lines(run("variants", snapshot, "--show", "follows", "-J"))
    assert {(row["first"], row["second"], row["n"]) for row in follows} == {("T0", "T1", 3), ("T1", "T2", 2)}
    assert "0 pairs of types with 20 hops or more" in run("variants", snapshot, "--show", "profile").stdout
    assert run("variants", snapshot, "--show", "profile", "--csv").stdout.startswith("cause_type,effect_type,")
    waiting = ("--show", "waiting", "-c", "slow")
    assert [row["effect"] for row in lines(run("variants", snapshot, *waiting, "-J"))] == ["slow1", "slow2"]
    assert "by the commits of billing" in run("variants", snapshot, *waiting, "--group", "billing").stdout
    for words, said in (
        (["--show", "path"], "Choose variants, follows, profile, waiting."),
        (["--group", "billing"], "--group says whose work"),
        (["-c", "nope"], "nope"),
        (["-J", "--csv"], "exclude each other"),
    ):
        done = run("variants", snapshot, *words)
        assert done.exit_code != 0
        assert said in done.output


def test_diff_of_two_flows_and_of_two_snapshots(run, snapshot):
    done = run("diff", snapshot, "-a", "good", "-b", "bad")
    assert "-     T2$  removed 1 → 0" in done.stdout
    assert lines(run("diff", snapshot, "-a", "good", "-a", "slow", "-b", "bad", "-J"))[0]["key"] == "T0"
    assert ": 4 of 4 keys the same" in run("diff", snapshot, "--other", snapshot).stdout
    by_source = ("diff", snapshot, "-a", "good", "-b", "bad", "--label", "source", "--label", "event_type")
    assert lines(run(*by_source, "-J"))[0]["key"] == ":T0"
    assert "Choose event_type, source." in run(*by_source, "--label", "colour").output
    for words in (["-a", "good"], ["-a", "good", "-b", "bad", "--other", snapshot], []):
        assert run("diff", snapshot, *words).exit_code != 0


def test_spans_as_tree_path_sequence_and_export(run, tmp_path):
    path = tmp_path / "j.json"
    path.write_bytes(jaeger(jaeger_span(1, 100, 50), jaeger_span(2, 110, 20, 1)))
    assert "op2" in run("spans", str(path)).stdout
    assert len(lines(run("spans", str(path), "-t", TRACE, "--json"))) == 2
    assert "critical path of 0000000000000001: 50 µs" in run("spans", str(path), "--show", "path").stdout
    assert run("spans", str(path), "--show", "mermaid").stdout.startswith("sequenceDiagram")
    assert "resourceSpans" in run("spans", str(path), "--show", "otlp").stdout
    assert run("spans", str(path), "--csv").stdout.startswith("key,event_id,")
    assert run("spans", str(path), "--show", "path", "--csv").stdout.startswith("span,event_type,")
    for options in (["waterfall"], ["map", "--by", "source"], ["swimlanes", "--by", "source"]):
        assert run("spans", str(path), "--svg", "--layout", *options).stdout.startswith("<svg ")
    assert run("spans", str(path), "--show", "flows", "--csv").stdout.splitlines()[1].startswith(f"{TRACE},")
    assert run("spans", str(path), "--show", "clock").stdout.startswith("clocks: ")
    assert run("spans", str(path), "--show", "unfinished").stdout.startswith("unfinished: 0 events")
    assert run("spans", str(path), "--show", "follows", "--csv").stdout.splitlines()[1].startswith("op1,op2,1,")
    for show, said in (
        ("profile", "timing profile of the whole snapshot: "),
        ("waiting", "waiting and processing: 1 hop "),
    ):
        assert run("spans", str(path), "--show", show).stdout.startswith(said)
    asked = ("--query", '{type = "op2"} | select(type, hop)')
    assert run("spans", str(path), *asked, "--csv").stdout == "type,hop_us\nop2,10\n"
    assert run("spans", str(path), *asked, "--show", "tree").stdout.startswith("causal graph: 1 event ")
    assert run("spans", str(path), *asked, "--svg").stdout.startswith("<svg ")
    assert "expected a comparison" in run("spans", str(path), "-q", "{type").output
    for options in (["--show", "path", "--svg"], ["--svg", "--csv"], ["--layout", "map"], ["--svg", "--by", "source"]):
        assert run("spans", str(path), *options).exit_code == 2
    assert "Choose tree, mermaid, otlp, flows, path, " in run("spans", str(path), "--show", "nothing").output
    table = tmp_path / "x.csv"
    table.write_text("mine,why\na,\nb,a\n")
    found = lines(run("spans", str(table), "--column", "span=mine", "--column", "parent=why", "--json"))
    assert [row["binding"] for row in found] == [None, "a"]
    assert run("spans", str(table), "--column", "span").exit_code != 0
    assert run("spans", str(table)).exit_code != 0


def test_rules_that_are_no_text_are_refused(run, snapshot):
    done = run("unfinished", snapshot, "--rules", snapshot)
    assert done.exit_code != 0
    assert "The rules cannot be read" in done.output


def test_clocks_and_states_of_a_snapshot(run, snapshot, tmp_path):
    assert run("clock", snapshot).stdout.startswith("clocks: ")
    assert run("clock", snapshot, "-c", "good", "--csv").stdout.startswith("first,second,")
    for words in (["--method", "nope"], ["--reference", "nope"], ["-J", "--csv"]):
        assert run("clock", snapshot, *words).exit_code != 0
    (row,) = lines(run("state", snapshot, "orders", "-J"))
    assert (row["key"], row["as_of"]["event_id"]) == ("k", "x")
    assert run("state", snapshot, "orders", "--at", "@2000-01-01T00:00:00Z").stdout == (
        "state at 2000-01-01 00:00:00.000000Z: 0 keys by 0 events\n"
    )
    assert run("state", snapshot, "orders", "--csv").stdout.startswith("key,as_of,as_known")
    fold = tmp_path / "fold.py"
    fold.write_text("def fold(state, event):\n    return (state or 0) + 1\n")
    (row,) = lines(run("state", snapshot, "orders", "--fold", str(fold), "-J"))
    assert row["as_of"] == len(BODIES) + 1
    fold.write_text("def fold(state, event):\n    return event.value['gone']\n")
    failed = run("state", snapshot, "orders", "--fold", str(fold))
    assert failed.exit_code != 0
    assert "The fold failed at orders/0@0, key k: KeyError: 'gone'" in failed.output
    for words in (["nope"], ["orders", "--at", "soon"], ["orders", "--at", "-15m"], ["orders", "-J", "--csv"]):
        assert run("state", snapshot, *words).exit_code != 0


def test_the_critical_path_of_a_flow_and_to_an_event(run, snapshot):
    assert run("trace", snapshot, "-c", "good", "--path").stdout.startswith("critical path: ")
    assert run("trace", snapshot, "-e", "good1", "--path", "--csv").stdout.startswith("cause,effect,hop_us")
    for words in (["--svg"], ["--mermaid"], ["--otlp"]):
        assert run("trace", snapshot, "-c", "good", "--path", *words).exit_code == 2
