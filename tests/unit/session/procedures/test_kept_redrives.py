"""``workbench dlq --fix fix.py --redrive`` plans, and with the token runs, what sends dead letters home."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.errors import ConfigurationError, ReplayRefused
from workbench.model import NewRecord, TopicPartition
from workbench.session.procedures import kept_redrives
from workbench.session.procedures.kept_redrives import load_fix, plan_redrive, run_kept_redrive


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1", "has no function fix"),
        ("raise ValueError('no')", "cannot be run: ValueError: no"),
        ("def", "SyntaxErr"),
    ],
)
def test_a_file_without_a_fix_is_an_error(tmp_path, text, message):
    path = tmp_path / "fix.py"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=message):
        load_fix(path)


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
        redrive, plan = await plan_redrive(snap.path, None, fix=fix)
        assert (len(redrive), len(redrive.changes)) == (3, 3)
        fix.write_text("def fix(body):\n    return {**body, 'n': 0}\n")
        with pytest.raises(ReplayRefused, match="G-7"):
            await run_kept_redrive(snap.path, None, fix=fix, confirm=plan.token)
        fix.write_text("def fix(body):\n    return {**body, 'n': body['n'] + 1}\n")
        report = await run_kept_redrive(snap.path, None, fix=fix, confirm=plan.token)
        assert (report.state, report.counts["acked"]) == ("verified", 3)
        (end,) = (await cluster.log.offsets([TopicPartition("orders", 0)], "latest")).values()
        assert end == 4, "three records, and the marker of their transaction"
