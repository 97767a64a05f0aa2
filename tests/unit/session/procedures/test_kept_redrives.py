"""``workbench dlq --fix fix.py --redrive`` plans, and with the token runs, what sends dead letters home."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from typer.testing import CliRunner

import workbench as wb
from workbench.cli import application
from workbench.errors import ReplayRefused
from workbench.model import NewRecord, TopicPartition
from workbench.session.procedures import kept_plans, kept_redrives
from workbench.session.procedures.kept_plans import run_kept_plan
from workbench.session.procedures.kept_redrives import plan_redrive, run_kept_redrive


async def test_a_fix_from_a_file_is_planned_and_run_by_its_token(topic_name, tmp_path, monkeypatch):
    fix = tmp_path / "fix.py"
    fix.write_text("def fix(body):\n    return {**body, 'n': body['n'] + 1}\n")
    async with await wb.connect(f"memory://{topic_name('redrive')}", write=True, reason="test") as cluster:
        for name in ("orders", "orders.DLT"):
            await cluster.log.create_topic(name, partitions=1)
        async with cluster.log.writer() as writer:
            await writer.send([NewRecord("orders.DLT", b"k", b'{"n": %d}' % at, (), 0) for at in range(3)])
        snap = await cluster.capture("orders.DLT", into=tmp_path / "letters.duckdb", progress=False)
        snap.close()

        async def connected(*_: object, **__: object) -> wb.Cluster:
            return await wb.connect(cluster.address, write=True, reason="test")

        monkeypatch.setattr(kept_redrives, "connect", connected)
        redrive, plan = await plan_redrive(snap.path, None, fix=fix, origin="orders", headers={})
        assert (len(redrive), len(redrive.changes)) == (3, 3)
        fix.write_text("def fix(body):\n    return {**body, 'n': 0}\n")
        with pytest.raises(ReplayRefused, match=f"G-7.* workbench replay run SNAPSHOT {plan.token}"):
            await run_kept_redrive(snap.path, None, fix=fix, headers={}, origin="orders", confirm=plan.token)
        monkeypatch.setattr(kept_plans, "connect", connected)
        report = await run_kept_plan(snap.path, confirm=plan.token)
        assert (report.state, report.counts["acked"]) == ("verified", 3), "the plan keeps what the fix had made"
        (end,) = (await cluster.log.offsets([TopicPartition("orders", 0)], "latest")).values()
        assert end == 4, "three records, and the marker of their transaction"


FIXES = {
    "fix.py": ("def fix(body):\n    return {**body, 'n': body['n'] + 1}\n", '+  "n": 1'),
    "fix.json": ('[{"op": "add", "path": "/fixed", "value": true}]', '+  "fixed": true'),
}


@pytest.mark.parametrize("file", FIXES)
def test_the_command_previews_plans_and_runs(topic_name, tmp_path, monkeypatch, file):
    address, path, fix = f"memory://{topic_name('dlq')}", tmp_path / "letters.duckdb", tmp_path / file
    fix.write_text(FIXES[file][0])

    async def prepare() -> wb.Cluster:
        # It stays open: an embedded cluster ends with its last connection.
        cluster = await wb.connect(address, write=True, reason="test")
        for name in ("orders", "orders.DLT"):
            await cluster.log.create_topic(name, partitions=1)
        async with cluster.log.writer() as writer:
            await writer.send([NewRecord("orders.DLT", b"k", b'{"n": %d}' % at, (), 0) for at in range(3)])
        (await cluster.capture("orders.DLT", into=path, progress=False)).close()
        return cluster

    async def connected(*_: object, **__: object) -> wb.Cluster:
        return await wb.connect(address, write=True, reason="test")

    with asyncio.Runner() as loop:
        cluster = loop.run(prepare())
        try:
            check_the_command(path, fix, connected, monkeypatch)
        finally:
            loop.run(cluster.aclose())


def check_the_command(path, fix, connected, monkeypatch):
    monkeypatch.setattr(kept_redrives, "connect", connected)
    command = ["dlq", str(path), "--redrive", "--fix", str(fix), "--set-header", "mended={topic}@{offset}"]
    guessed = CliRunner().invoke(application(), command)
    assert guessed.exit_code == 2
    assert "confirm it with origin='orders' (--origin orders)" in " ".join(guessed.stderr.split())
    looked = CliRunner().invoke(application(), ["dlq", str(path), "--look", "orders.DLT/0@1", "-J"])
    assert json.loads(looked.stdout)["failed"] == ["{", '  "n": 1', "}"], looked.output
    counted = CliRunner().invoke(application(), ["dlq", str(path), "--over-time", "1D", "-J"])
    assert sum(json.loads(line)["records"] for line in counted.stdout.splitlines()) == 3
    nothing = CliRunner().invoke(application(), ["dlq", str(path), "--look", "orders.DLT/0@99"])
    assert (nothing.exit_code, "orders.DLT/0@99 is no dead letter" in nothing.stderr) == (2, True)
    named = CliRunner().invoke(
        application(), [*command, "--origins", "orders.DLT=orders", "-f", "0", "--option", "ramp_s=none"]
    )
    assert "Redrive of 3 dead letters, 3 changed" in named.stdout, named.output
    assert "pace: at most 100 records a second\n" in named.stdout
    wrong = CliRunner().invoke(application(), [*command, "--origins", "orders"])
    assert (wrong.exit_code, "--origins 'orders' is not written as LETTERS=ORIGIN" in wrong.stderr) == (2, True)
    command += ["--origin", "orders"]
    planned = CliRunner().invoke(application(), command)
    assert planned.exit_code == 0, planned.output
    assert "Redrive of 3 dead letters, 3 changed" in planned.stdout
    assert "orders.DLT → orders" in planned.stdout
    assert FIXES[fix.name][1] in planned.stdout
    assert "+header mended: orders.DLT@0" in planned.stdout
    again = CliRunner().invoke(application(), [*command, "-J"])
    shown = json.loads(again.stdout)
    assert (shown["document"]["edits"]["records"], "edits" in shown) == (3, False)
    token = re.search(r"--confirm (\w+)", planned.stdout)[1]
    done = CliRunner().invoke(application(), [*command, "--confirm", token, "--reason", "INC-7", "-J"])
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert (report["state"], report["acked"]) == ("verified", 3)
    again = CliRunner().invoke(application(), command)
    assert again.exit_code == 2
    assert "it was sent home by run" in again.stderr
