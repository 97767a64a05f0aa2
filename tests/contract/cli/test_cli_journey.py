"""The commands against a real Kafka, as an engineer types them."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

WORKBENCH = [sys.executable, "-m", "workbench"]


@pytest.fixture
def start(
    kafka_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command in a process of its own."""
    monkeypatch.setenv("WORKBENCH_ADDRESS", f"kafka://{kafka_address}")

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*WORKBENCH, *words], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
        )

    return command


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_topics(run, topic):
    (row,) = lines(run("topics", topic, "--json").stdout)
    assert (row["topic"], row["partitions"], row["records_at_most"], row["groups"]) == (topic, 1, 5, 1)
    table = run("topics", topic)
    assert table.exit_code == 0
    assert topic in table.stdout
    unknown = run("topics", topic[:-1])
    assert unknown.exit_code == 1
    assert topic in unknown.stderr


def test_tail_shows_what_is_there_and_nothing_else(run, topic):
    rows = lines(run("tail", topic, "-o", "start", "-e", "--json").stdout)
    assert [row["offset"] for row in rows] == list(range(5))
    assert "value_b64" in rows[2]
    assert rows[3]["value"] is None
    assert rows[0]["headers"] == [{"name": "h", "value": None}]
    assert [row["offset"] for row in lines(run("tail", topic, "-o", "-2", "-n", "1", "-J").stdout)] == [3]
    assert [row["offset"] for row in lines(run("tail", topic, "-o", "1", "--end", "3", "-J").stdout)] == [1, 2]
    shown = run("tail", topic, "-o", "start", "-e")
    assert "\x1b" not in shown.stdout
    assert r"\x1b[31m" in shown.stdout


def test_the_format_agrees_with_kcat(run, topic, kafka_address):
    layout = r"%t %p %o %k %K %S %T\n"
    ours = run("tail", topic, "-o", "start", "-e", "-f", layout)
    kcat = subprocess.run(
        ["kcat", "-C", "-q", "-e", "-b", kafka_address, "-t", topic, "-o", "beginning", "-f", layout],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert ours.stdout == kcat.stdout


def test_capture_sql_trace_export(run, start, topic, tmp_path):
    first = start("capture", topic, "--into", "a.duckdb", "--json")
    assert first.returncode == 0, first.stderr
    (window,) = [row for row in lines(first.stdout) if row["kind"] == "range"]
    assert (window["next"], window["records"], window["state"]) == (5, 5, "complete")
    assert all(json.loads(line)["kind"] == "progress" for line in first.stderr.splitlines())
    assert run("capture", topic, "--into", "a.duckdb").exit_code == 0
    (count,) = lines(run("sql", "a.duckdb", "select count(*) n from records", "--json").stdout)
    assert count == {"n": 5}
    tree = run("trace", "a.duckdb", "--correlation", "flow-1").stdout
    assert "placed" in tree
    assert "└─ paid" in tree
    assert run("trace", "a.duckdb", "-e", "e1", "--mermaid").stdout.startswith("flowchart")
    kinds = [row["kind"] for row in lines(run("trace", "a.duckdb", "-c", "flow-1", "--json").stdout)]
    assert len(kinds) == 3
    assert run("trace", "a.duckdb").exit_code == 2
    assert run("export", "a.duckdb", "a.jsonl").exit_code == 0
    assert len((tmp_path / "a.jsonl").read_text().splitlines()) == 5
    assert run("pack", "a.duckdb").exit_code == 0
    assert run("sql", "a.duckdb", "drop table sources").exit_code == 1
    (tmp_path / "foreign.txt").write_text("no snapshot")
    assert run("sql", "foreign.txt", "select 1").exit_code == 1


def test_following_ends_with_an_interrupt_and_leaves_a_snapshot(run, topic, kafka_address, tmp_path):
    environment = {**os.environ, "WORKBENCH_ADDRESS": f"kafka://{kafka_address}"}
    command = [*WORKBENCH, "capture", topic, "--into", "f.duckdb", "--follow"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([*command, "--json"], cwd=tmp_path, env=environment, text=True, **pipes)
    try:
        for line in process.stderr:
            if json.loads(line).get("records") == 5:
                break
    finally:
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    ranges = lines(shown)
    assert {(row["kind"], row["topic"]) for row in ranges} == {("range", topic)}
    assert sum(row["records"] for row in ranges) == 5
    (count,) = lines(run("sql", "f.duckdb", "select count(*) n from records", "--json").stdout)
    assert count == {"n": 5}


def test_lag(run, topic):
    (row,) = lines(run("lag", "--group", f"{topic}-group", "--json").stdout)
    assert (row["lag"], row["committed"], row["state"]) == (3, 2, "Empty")


def test_an_interrupted_replay_is_stopped_and_can_be_resumed(run, topic, kafka_address, tmp_path):
    assert run("capture", topic, "--into", "s.duckdb").exit_code == 0
    dry = run("replay", "s.duckdb", "--where", "true", "--option", "records_per_s=1")
    command = shlex.split(dry.stdout.splitlines()[-1])[1:-1]
    environment = {**os.environ, "WORKBENCH_ADDRESS": f"kafka://{kafka_address}"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([*WORKBENCH, *command, "INC-1"], cwd=tmp_path, env=environment, text=True, **pipes)
    try:
        assert "progress" in process.stderr.readline()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    assert process.returncode == 130
    (row,) = lines(run("replay", "list", "s.duckdb", "--json").stdout)
    assert row["state"] == "stopped"
    again = run("replay", "resume", "s.duckdb", row["run"], "--reason", "INC-1", "--json")
    assert again.exit_code == 0, again.stderr
    (report,) = lines(again.stdout)
    assert (report["state"], report["acked"]) == ("verified", 5)


def test_replay_prints_the_command_that_runs_it(run, topic):
    assert run("capture", topic, "--into", "r.duckdb").exit_code == 0
    dry = run("replay", "r.duckdb", "--where", "correlation_id = 'flow-1'")
    assert dry.exit_code == 0, dry.stderr
    assert "Refusals" not in dry.stdout
    assert "Needed to run it" in dry.stdout
    words = shlex.split(dry.stdout.splitlines()[-1])
    assert words[1:4] == ["replay", "run", "r.duckdb"]
    assert words[-2:] == ["--reason", "WHY"]
    assert (
        run("replay", "show", "r.duckdb", lines(run("replay", "list", "r.duckdb", "-J").stdout)[0]["run"]).exit_code
        == 0
    )
    assert lines(run("replay", "list", "r.duckdb", "-J").stdout)[0]["token"] == words[4]
    command = words[1:-2]
    assert run(*command).exit_code == 2
    wrong = ["replay", "r.duckdb", "--where", "correlation_id = 'flow-2'", "--confirm", words[4]]
    assert run(*wrong, "--reason", "INC-1").exit_code != 0
    done = run(*command, "--reason", "INC-1")
    assert done.exit_code == 0, done.stderr
    assert "delivery verified" in done.stdout
    again = run(*command, "--reason", "INC-1")
    assert again.exit_code == 1
    refused = run("replay", "r.duckdb", "--where", "correlation_id = 'flow-1'", "--to", topic)
    assert refused.exit_code == 4
    assert "--option NAME=VALUE" in refused.stderr
    assert "G-1" in refused.stdout


def test_bad_input_is_said_in_bounded_time(run, topic):
    away = run("topics", WORKBENCH_ADDRESS="kafka://127.0.0.1:1")
    assert (away.exit_code, "127.0.0.1:1" in away.stderr) == (1, True)
    assert run("topics", WORKBENCH_ADDRESS="").exit_code == 2
    assert run("tail", topic, "-o", "yesterday").exit_code == 2
    assert run("topics", WORKBENCH_ADDRESS="kafka://me:secret@h:1").exit_code == 2
    assert run("nonsense").exit_code == 2


def test_a_closed_pipe_is_quiet(topic, kafka_address):
    line = f"{shlex.join([*WORKBENCH, 'tail', topic, '-o', 'start', '-e', '--json'])} | head -n 1"
    environment = {**os.environ, "WORKBENCH_ADDRESS": f"kafka://{kafka_address}"}
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert json.loads(done.stdout)["offset"] == 0
    assert done.stderr == ""


def test_the_demo_leaves_a_snapshot_and_a_report(run, tmp_path):
    done = run("demo", "--history", "2", "--out", "out", WORKBENCH_ADDRESS="")
    assert done.exit_code == 0, done.stderr
    assert "verified" in done.stdout
    page = (tmp_path / "out" / "report.html").read_text()
    assert "<script" not in page
    assert "Consumer lag" in page
    assert run("sql", "out/demo.duckdb", "select 1").exit_code == 0


def test_asking_for_help_loads_nothing_heavy():
    code = (
        "import sys, workbench.cli as c\n"
        "try: c.application()(['topics', '--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('pandas', 'duckdb', 'plotly', 'ipywidgets', 'aiokafka') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


LOADED = """
import shlex, sys
from workbench.cli import application
for line in sys.argv[1].splitlines():
    words = shlex.split(line)
    try: application(words[0])(words)
    except SystemExit as end: assert not end.code, (line, end.code)
    print(line, [m for m in sys.argv[2].split() if m in sys.modules], file=sys.stderr)
"""


def loaded(tmp_path, *commands: str, of: str) -> list[str]:
    """What commands, run one after another in a new process, have imported after each."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, "\n".join(commands), of],
        cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = [line for line in done.stderr.splitlines() if line.startswith(commands)]
    assert len(found) == len(commands)
    return [line.removeprefix(command).strip() for line, command in zip(found, commands, strict=True)]


def test_commands_start_with_what_they_need_only(topic, kafka_address, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_ADDRESS", f"kafka://{kafka_address}")
    light = [f"topics {topic}", f"topics {topic} -J"]
    assert loaded(tmp_path, *light, of="numpy pyarrow pandas duckdb plotly ipywidgets") == ["[]"] * 2
    assert loaded(tmp_path, f"tail {topic} -e", of="pandas duckdb plotly ipywidgets") == ["[]"]
    rows = [
        f"capture {topic} --into=a.duckdb",
        f"lag --group={topic}-group",
        "sql a.duckdb 'select * from events'",
        "export a.duckdb a.parquet",
        "pack a.duckdb",
    ]
    assert loaded(tmp_path, *rows, of="pandas plotly ipywidgets") == ["[]"] * 5
    assert loaded(tmp_path, "sql a.duckdb 'select 1'", "trace a.duckdb -c flow-1", of="pandas") == ["[]", "['pandas']"]


def test_lag_is_recorded_and_asked_later(run, topic):
    recorded = run("lag", "-g", f"{topic}-group", "--record", "lag.duckdb", "--every", "0.2", "--for", "1s", "--json")
    assert recorded.exit_code == 0, recorded.stderr
    (newest,) = lines(recorded.stdout)
    assert (newest["lag"], newest["committed"], newest["high"]) == (3, 2, 5)
    assert recorded.stderr.count("sampled ") >= 2
    stored = lines(run("sql", "lag.duckdb", "select lag, reason from lag_history", "--json").stdout)
    assert len(stored) == recorded.stderr.count("sampled ")
    assert all(row == {"lag": 3, "reason": None} for row in stored)
    again = run("lag", "-g", f"{topic}-group", "--record", "lag.duckdb", "--for", "0s")
    assert again.exit_code == 0, again.stderr
    (count,) = lines(run("sql", "lag.duckdb", "select count(*) n from lag_rounds", "--json").stdout)
    assert count == {"n": len(stored) + 1}
