"""A run in doubt is settled from what is on its target: nothing is sent, nothing is guessed."""

from __future__ import annotations

import pytest
from replay_bench import read_all

from workbench.errors import ReplayRefused, SnapshotError
from workbench.replay import resolve_run, verify_delivery

BASE_MS = 1_700_000_000_000


@pytest.mark.parametrize("writer", ["transactional", "idempotent"])
async def test_what_arrived_is_entered_and_the_rest_was_never_sent(bench, in_doubt, writer):
    plan, target = await in_doubt(writer=writer)
    before = bench.journal.ledger(plan.run_id)
    assert before["outcome"].to_pylist() == ["acked", "acked", "unknown", "unknown"]
    assert await resolve_run(bench.log, bench.journal, plan.run_id) == "stopped"
    ledger = bench.journal.ledger(plan.run_id)
    assert ledger["outcome"].to_pylist() == ["acked"] * 4
    assert ledger["target_offset"].to_pylist() == [record.offset for record in await read_all(bench.log, target)]
    assert (await verify_delivery(bench.log, plan.run_id, bench.journal)).passed
    assert bench.journal.in_doubt(bench.log.cluster_id, [target]) == []


async def test_what_cannot_be_told_stays_in_doubt(bench, in_doubt):
    plan, _ = await in_doubt(headers="exact")
    assert await resolve_run(bench.log, bench.journal, plan.run_id) == "in_doubt"
    assert bench.journal.run(plan.run_id).state == "in_doubt"


async def test_another_cluster_is_refused(bench, in_doubt):
    plan, _ = await in_doubt()

    class Other:
        cluster_id = "another"

    with pytest.raises(ReplayRefused, match="this is another"):
        await resolve_run(Other(), bench.journal, plan.run_id)


async def test_confirming_again_says_what_became_of_the_plan(bench, in_doubt):
    plan, _ = await in_doubt()
    with pytest.raises(SnapshotError, match=rf"{plan.run_id} is in doubt[\s\S]*workbench replay resume"):
        bench.journal.planned(plan.token)
    await resolve_run(bench.log, bench.journal, plan.run_id)
    with pytest.raises(SnapshotError, match=r"and is stopped\. One plan is one run"):
        bench.journal.planned(plan.token)
    with pytest.raises(SnapshotError, match=r"no open plan 00000000\. Make the plan again"):
        bench.journal.planned("00000000")
