"""``workbench transform run``: text, JSON lines and exit codes."""

from __future__ import annotations

import json

import pytest
from admin_server import AdminState, admin_server
from snapshot_rows import Filler
from typer.testing import CliRunner
from wat_guests import guest, records

from workbench.cli import application, exits
from workbench.decoding import Decoder
from workbench.store import SnapshotStore


@pytest.fixture
def path(tmp_path):
    with SnapshotStore.open(tmp_path / "shop.duckdb", write=True) as store:
        Filler(store, Decoder())(records([b'{"email": "a@b.c"}', b"\xff", None]), topic="orders")
    return str(tmp_path / "shop.duckdb")


def run(*words: str):
    return CliRunner().invoke(application(), ["transform", "run", *words])


@pytest.fixture
def admin(monkeypatch):
    with admin_server(AdminState(topics={"orders": 2, "v": 2}, unknown_lists=0, lag=7)) as (url, state):
        monkeypatch.setenv("WORKBENCH_ADMIN_URL", url)
        yield state


def test_a_view_is_deployed_watched_and_its_log_read(address, admin):
    def call(*words: str):
        return CliRunner().invoke(application(), ["transform", *words, "-b", address])

    asked = ("deploy", "sample:passthrough", "--name", "v", "--source", "orders")
    checked = call(*asked, "--dry-run")
    assert "nothing was deployed" in checked.stderr
    assert admin.transforms == {}
    assert call("status").stderr.strip() == "No transform is deployed."
    deployed = call(*asked, "--env", "A=1", "--json")
    assert deployed.exit_code == exits.OK, deployed.stderr
    rows = [json.loads(line) for line in deployed.stdout.splitlines()]
    assert [(row["view"], row["partition"], row["status"], row["lag"]) for row in rows] == [
        ("v", 0, "running", 7), ("v", 1, "running", 7),
    ]  # fmt: skip
    assert "running" in call("status", "v").stdout
    assert call("logs", "v").stdout == ""
    refused = call(*asked)
    assert refused.exit_code == exits.FAILED
    assert "other variables" in refused.stderr
    assert call(*asked, "--replace").exit_code == exits.OK
    assert call("status", "w").exit_code == exits.FAILED


def test_outputs_are_printed_with_their_source(path):
    result = run(path, "sample:mask", "--topic", "orders", "--env", "MASK_MEMBER=email")
    assert result.exit_code == exits.OK
    assert '{"email": "*****"}' in result.stdout
    assert "orders/0@2" in result.stdout


def test_json_lines_have_bytes_that_are_no_text_as_base64(path):
    result = run(path, "sample:passthrough", "-t", "orders", "--name", "v", "-n", "9", "--json")
    *rows, report = map(json.loads, result.stdout.splitlines())
    assert [row["source_offset"] for row in rows] == [0, 1, 2]
    assert (rows[1]["value_b64"], rows[2]["value"]) == ("/w==", None)
    assert (report["kind"], report["transform"], report["records"], report["outputs"]) == ("report", "v", 3, 3)


def test_a_failing_record_is_an_incomplete_run(path, tmp_path):
    module = tmp_path / "bad.wat"
    module.write_text(guest("(unreachable)"))
    result = run(path, str(module), "-t", "orders", "--json")
    assert result.exit_code == exits.INCOMPLETE
    error, _ = map(json.loads, result.stdout.splitlines())
    assert (error["kind"], error["offset"]) == ("error", 0)
    log = run(path, "sample:mask", "-t", "orders", "--json")
    assert json.loads(log.stdout.splitlines()[0])["level"] == "warn"
    skipped = run(path, str(module), "-t", "orders", "--on-error", "skip")
    assert "records skipped 3" in skipped.stdout


def test_what_cannot_be_used_is_said(path):
    assert run(path, "nothing.wasm", "-t", "orders").exit_code == exits.FAILED
    said = run(path, "sample:mask", "-t", "orders", "--env", "SECRET")
    assert said.exit_code == exits.USAGE
    assert "SECRET" not in said.stderr
