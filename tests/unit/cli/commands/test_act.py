"""``workbench act``: a plan without --confirm, the act with it, and the exit codes of both."""

from __future__ import annotations

import json

import pytest

from workbench.cli import exits


@pytest.fixture(autouse=True)
def own_journal(tmp_path, monkeypatch):
    """A journal of the test's own."""
    monkeypatch.setattr("workbench.session.cluster_acts.config_folder", lambda: tmp_path / "config")


def test_a_plan_is_shown_and_changes_nothing(run, address):
    done = run("act", "delete-topic", "orders", "-b", address)
    assert done.exit_code == exits.OK
    assert "nothing was changed; to run it, type 'orders'" in done.stdout
    assert "orders" in run("topics", "-b", address).stdout


def test_a_typed_act_is_run_and_taken_back(run, address):
    change = ("act", "change-config", "orders", "-c", "retention.ms=1000", "-b", address)
    (plan,) = [json.loads(line) for line in run(*change, "--json").stdout.splitlines()]
    assert (plan["changes"], plan["undo"]) == (
        [{"what": "retention.ms", "before": "604800000 (default)", "after": "1000"}],
        "change_config",
    )
    assert run(*change, "--confirm", "order").exit_code == exits.REFUSED
    done = run(*change, "--confirm", "orders")
    assert done.exit_code == exits.OK
    operation = done.stderr.rpartition(" ")[2].strip()
    back = run("act", "undo", operation, "-b", address, "--confirm", "orders", "--json")
    assert json.loads(back.stdout.splitlines()[0])["changes"][0]["after"] == "its default"


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (("create-topic", "new", "-p", "2", "-c", "cleanup.policy=compact"), "new"),
        (("add-partitions", "orders", "4"), "orders"),
        (("delete-records", "orders", "--before", "2"), "orders"),
        (("reset-offsets", "billing", "--to", "end", "-t", "orders"), "billing"),
        (("delete-topic", "orders"), "orders"),
    ],
)
def test_each_act_has_its_command(run, address, words, name):
    assert run("act", *words, "-b", address).exit_code == exits.OK
    assert run("act", *words, "-b", address, "--confirm", name).exit_code == exits.OK
    # Once more there is nothing to do.
    assert run("act", *words, "-b", address).exit_code != exits.OK


def test_what_is_wrong_is_said(run, address):
    assert run("act", "delete-group", "nobody", "-b", address).exit_code == exits.REFUSED
    assert run("act", "change-config", "orders", "-b", address).exit_code == exits.USAGE
    assert run("act", "change-config", "orders", "-c", "x", "-b", address).exit_code == exits.USAGE


def test_a_record_is_copied_with_a_change(run, address):
    done = run("act", "produce", "orders", "-b", address, "--like", "orders/0@0", "--key", "k9")
    assert done.exit_code == exits.OK
    assert "k9" in done.stdout
    done = run("act", "produce", "orders", "-b", address, "--like", "orders/0@0", "--key", "k9", "--confirm", "orders")
    assert "written to orders/" in done.stderr
    rows = [json.loads(line) for line in run("page", "orders", "-b", address, "-n", "1", "-J").stdout.splitlines()]
    assert (rows[0]["key"], rows[0]["headers"]) == ("k9", [["h", "x"]]) or rows[0]["key"] == "k9"


def test_a_record_is_written_from_options(run, address, tmp_path):
    file = tmp_path / "value.bin"
    file.write_bytes(b"\x00\x01")
    given = ["--value-file", str(file), "-H", "a=b", "-H", "c", "-p", "1"]
    assert run("act", "produce", "orders", "-b", address, *given, "--confirm", "orders").exit_code == exits.OK
    assert "orders/1@0" in run("page", "orders/1@0", "-b", address).stdout
    assert run("act", "produce", "orders", "-b", address, *given, "--value", "x").exit_code == exits.USAGE
    assert run("act", "produce", "orders", "-b", address, "--value-file", "nowhere.bin").exit_code == exits.USAGE
