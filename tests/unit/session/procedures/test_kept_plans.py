"""Plans that are stored in the journal of a snapshot and run by their token."""

from __future__ import annotations

import json

import pytest

import workbench as wb
from workbench.errors import ReplayRefused
from workbench.model import NewRecord
from workbench.session.procedures import kept_plans
from workbench.session.procedures.kept_plans import plan_replay, run_kept_plan


@pytest.mark.parametrize("lost", ["options", "description", "hash"])
async def test_a_stored_plan_that_somebody_changed_is_refused(topic_name, tmp_path, monkeypatch, lost):
    async with await wb.connect(f"memory://{topic_name('kept')}", write=True, reason="test") as cluster:
        await cluster.log.create_topic("orders", partitions=1)
        async with cluster.log.writer() as writer:
            await writer.send([NewRecord("orders", b"k", b"{}", (), 0)])
        (await cluster.capture("orders", into=tmp_path / "orders.duckdb", progress=False)).close()

        async def connected(*_: object, **__: object) -> wb.Cluster:
            return await wb.connect(cluster.address, write=True, reason="test")

        monkeypatch.setattr(kept_plans, "connect", connected)
        path = tmp_path / "orders.duckdb"
        plan = await plan_replay(path, "true")
        stored = json.dumps({name: part for name, part in plan.to_json().items() if name != lost})
        with wb.open(path) as snap, snap.journal()._connection.transaction() as cursor:
            cursor.execute("DELETE FROM replay_plans")
            cursor.execute("INSERT INTO replay_plans VALUES (?, 0, ?)", [plan.run_id, stored])
        with pytest.raises(ReplayRefused, match=f"the journaled plan cannot be read .KeyError: '{lost}'"):
            await run_kept_plan(path, confirm=plan.token)
