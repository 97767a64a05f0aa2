"""Replays and redrives on a real Kafka, each command as an engineer types it."""

from __future__ import annotations

import json
import re
import shlex

import duckdb
import pyarrow.parquet as pq
import pytest

from workbench.bus import open_log
from workbench.model import NewRecord
from workbench.store.journal import journal_path

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

WHY = ("--reason", "INC-1")


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def planned(run, *words: str) -> tuple[str, str]:
    """The token and the target of a plan."""
    dry = run("replay", "plan", *words, "--json")
    assert dry.exit_code == 0, dry.stdout + dry.stderr
    (plan,) = lines(dry.stdout)
    return plan["token"], next(iter(plan["document"]["target"]["topics"].values()))


def test_a_stored_plan_is_run_shown_verified_and_undone(run, topic, tmp_path):
    assert run("capture", topic, "--into", "s.duckdb").exit_code == 0
    (tmp_path / "fix.json").write_text('[{"op": "add", "path": "/n", "value": 1}]')
    where = ("s.duckdb", "--where", "correlation_id = 'flow-1'")
    edits = ("--fix", "fix.json", "--set-header", "from={topic}@{offset}", "--rename-header", "h=old")
    dry = run("replay", *where, *edits)
    assert f"+header from: {topic}@0" in dry.stdout
    assert '+  "n": 1' in dry.stdout
    assert run("replay", *where, "--set-header", "x-replay-id=mine").exit_code == 2
    assert run("replay", *where, "--set-header", "nothing").exit_code == 2
    token, target = planned(run, *where, *edits)
    assert run("replay", "run", "s.duckdb", token).exit_code == 2, "a reason is needed"
    assert run("replay", "run", "s.duckdb", "00000000", *WHY).exit_code == 1
    done = run("replay", "run", "s.duckdb", token, *WHY)
    assert done.exit_code == 0, done.stderr
    assert "delivery verified" in done.stdout
    first, _ = lines(run("tail", target, "-o", "start", "-e", "-J").stdout)
    assert [(one["name"], one["value"]) for one in first["headers"][:2]] == [("old", None), ("from", f"{topic}@0")]
    assert json.loads(first["value"])["n"] == 1
    (row,) = [row for row in lines(run("replay", "list", "s.duckdb", "-J").stdout) if row["state"] == "verified"]
    shown = run("replay", "show", "s.duckdb", row["run"][:8], "--ledger", "l.parquet", "-J")
    assert json.loads(shown.stdout)["plan_hash"].startswith(row["token"])
    assert pq.read_table(tmp_path / "l.parquet").num_rows == row["records"]
    assert "2 target positions" in run("replay", "show", "s.duckdb", row["run"]).stdout
    again = run("replay", "verify", "s.duckdb", row["run"], *WHY, "--json")
    assert (again.exit_code, lines(again.stdout)[0]["state"]) == (0, "verified")
    assert run("replay", "verify", "s.duckdb", row["run"], *WHY, "--into", "r").exit_code == 2
    same = run("replay", "verify", "s.duckdb", row["run"], *WHY, "--reaction", "--timeout", "5", "--into", "r", "-J")
    assert same.exit_code == 0, same.stdout + same.stderr
    assert (lines(same.stdout)[1]["result"], json.loads((tmp_path / "r/reaction.json").read_text())["result"]) == (
        "pass", "pass",
    )  # fmt: skip
    assert "<svg" in (tmp_path / "r/replayed.svg").read_text()
    wrong = run("replay", "delete-created", "s.duckdb", row["run"], "--topic", topic, *WHY)
    assert (wrong.exit_code, "did not create" in wrong.stderr) == (4, True)
    assert run("replay", "delete-created", "s.duckdb", row["run"], "--topic", target, *WHY).exit_code == 0
    assert run("tail", target, "-e").exit_code == 1


def test_a_stimulus_is_planned_and_run(run, topic):
    assert run("capture", topic, "--into", "s.duckdb").exit_code == 0
    where = ("s.duckdb", "--where", "correlation_id = 'flow-1'", "--option", "mode=stimulus")
    token, target = planned(run, *where)
    assert run("replay", "run", "s.duckdb", token, *WHY).exit_code == 0
    (sent,) = lines(run("tail", target, "-o", "start", "-e", "-J").stdout)
    assert json.loads(sent["value"])["event_id"] == "e0"


def test_a_run_in_doubt_is_given_up(run, topic, tmp_path):
    assert run("capture", topic, "--into", "s.duckdb").exit_code == 0
    token, _ = planned(run, "s.duckdb", "--where", "true")
    assert run("replay", "run", "s.duckdb", token, *WHY).exit_code == 0
    with duckdb.connect(journal_path(tmp_path / "s.duckdb")) as journal:
        journal.execute("UPDATE replays SET state = 'running'")
    (row,) = lines(run("replay", "list", "s.duckdb", "-J").stdout)
    assert row["state"] == "in_doubt"
    shown = run("replay", "show", "s.duckdb", row["run"]).stdout
    assert f"workbench replay resume SNAPSHOT {row['run']}" in shown
    gone = run("replay", "abandon", "s.duckdb", row["run"], *WHY)
    assert gone.exit_code == 0, gone.stderr
    (row,) = lines(run("replay", "list", "s.duckdb", "-J").stdout)
    assert row["state"] == "abandoned"
    refused = run("replay", "resume", "s.duckdb", row["run"], *WHY)
    assert (refused.exit_code, "it is abandoned" in refused.stderr) == (4, True)


async def letters_of(address, topic, values):
    letters = f"{topic}.DLT"
    async with open_log(address) as log:
        await log.create_topic(letters)
        async with log.writer() as writer:
            for at, value in enumerate(values):
                headers = (
                    (b"tenant", b"t1"),
                    (b"kafka_dlt-original-topic", topic.encode()),
                    (b"kafka_dlt-exception-fqcn", b"shop.NoPrice"),
                    (b"kafka_dlt-exception-message", b"order %d has no price" % at),
                )
                await writer.send([NewRecord(letters, b"k", value, headers, 0)])
    return letters


@pytest.fixture
async def letters(kafka_address, topic):
    return await letters_of(kafka_address, topic, [b'{"n": %d}' % at for at in range(3)])


def test_dead_letters_are_fixed_and_sent_home(run, topic, letters, tmp_path):
    assert run("capture", letters, "--into", "l.duckdb").exit_code == 0
    (group,) = lines(run("dlq", "l.duckdb", "-J").stdout)
    assert (group["records"], group["error_type"], group["message"]) == (3, "shop.NoPrice", "order <n> has no price")
    (tmp_path / "fix.py").write_text("def fix(body):\n    return {**body, 'price': 9} if body['n'] else None\n")
    command = ["dlq", "l.duckdb", "-f", group["fingerprint"], "--redrive", "--fix", "fix.py"]
    command += ["--option", f"accept_groups={topic}-group", "--set-header", "tenant={old}-again"]
    lonely = run(*(word for word in command if word != "--redrive"))
    assert (lonely.exit_code, lonely.stdout) == (2, "")
    assert "Add --redrive" in lonely.stderr
    dry = run(*command)
    assert dry.exit_code == 0, dry.stdout + dry.stderr
    assert '+  "price": 9' in dry.stdout
    assert "the fix left it out" in dry.stdout
    confirmed = shlex.split(dry.stdout.splitlines()[-1])
    token = re.search(r"--confirm (\w+)", dry.stdout)[1]
    (tmp_path / "fix.py").write_text("def fix(body):\n    return {**body, 'price': 7}\n")
    other = run(*confirmed[1:-1], "INC-1")
    assert (other.exit_code, f"workbench replay run SNAPSHOT {token}" in other.stderr) == (4, True), other.stderr
    done = run("replay", "run", "l.duckdb", token, *WHY)
    assert done.exit_code == 0, done.stdout + done.stderr
    sent = lines(run("tail", topic, "-o", "5", "-e", "-J").stdout)
    assert [json.loads(one["value"]) for one in sent] == [{"n": 1, "price": 9}, {"n": 2, "price": 9}]
    assert [(one["name"], one["value"]) for one in sent[0]["headers"][:1]] == [("tenant", "t1-again")]
    (group,) = lines(run("dlq", "l.duckdb", "-J").stdout)
    assert (group["records"], group["redriven"], group["again"]) == (3, 2, 0)
    repeated = run(*command)
    assert "it was sent home by run" in repeated.stdout + repeated.stderr
