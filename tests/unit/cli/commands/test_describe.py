"""``workbench describe``: the text, JSON lines, and TOML that can be pasted."""

from __future__ import annotations

import json
import tomllib

import pyarrow as pa
import pytest
from snapshot_rows import T_MS, Filler
from typer.testing import CliRunner

from workbench.cli import application, exits
from workbench.decoding import Decoder
from workbench.model.records.columns import RECORD
from workbench.store import SnapshotStore


@pytest.fixture
def path(tmp_path):
    rows = [
        {"partition": 0, "offset": n, "timestamp_ms": T_MS + n, "timestamp_type": 0, "key": None, "headers": [],
         "value": json.dumps({"orderId": f"ORD-{n:05d}", "total": n}).encode()}
        for n in range(30)
    ]  # fmt: skip
    with SnapshotStore.open(tmp_path / "shop.duckdb", write=True) as store:
        Filler(store, Decoder())(pa.Table.from_pylist(rows, schema=RECORD), topic="orders")
    return str(tmp_path / "shop.duckdb")


def run(*words: str):
    return CliRunner().invoke(application(), ["describe", *words])


def test_the_text_ends_with_what_can_be_pasted(path):
    shown = run(path).stdout
    assert "value:orderId" in shown
    pasted = run(path, "--toml").stdout
    assert shown.rstrip().endswith(pasted.rstrip())
    assert tomllib.loads(pasted)["conventions"]["orders"]["event_id"] == "value:orderId"


def test_in_a_terminal_tables_fit_and_names_of_fields_stay_whole(path, monkeypatch, capsys):
    whole = run(path).stdout
    monkeypatch.setattr("workbench.cli.output.sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    with pytest.raises(SystemExit):
        application("describe")(["describe", path], prog_name="workbench")
    tables = capsys.readouterr().out.partition("Paste this")[0]
    assert max(map(len, tables.splitlines())) <= 60
    assert "value:orderId" in tables
    assert max(map(len, whole.partition("Paste this")[0].splitlines())) > 60


def test_json_lines_name_their_kind(path):
    rows = [json.loads(line) for line in run(path, "orders", "-J").stdout.splitlines()]
    assert [row["field"] for row in rows if row["kind"] == "field"] == ["value:orderId", "value:total"]


def test_a_topic_that_is_not_there_fails_and_names_it(path):
    result = run(path, "order")
    assert result.exit_code == exits.FAILED
    assert "Similar names: orders" in result.stderr
