from __future__ import annotations

import workbench as wb
from workbench.session import demonstration
from workbench.session.watching.cells import CellRun
from workbench.session.watching.replacing import LiveViews
from workbench.testing import wait_until


async def test_a_second_demo_starts_as_the_first_did():
    for _ in range(2):
        async with await wb.demo(history_s=5, live=False) as cluster:
            assert len(await cluster.topics("onex.dev.*"))


async def test_a_cell_that_runs_again_ends_the_traffic_of_its_former_run(monkeypatch):
    now = [CellRun("cell", "1")]
    monkeypatch.setattr(demonstration, "shown", LiveViews(lambda: now[0]))
    first = await wb.demo(history_s=1)
    assert set(demonstration.TASKS) <= set(first.tasks.running)
    now[0] = CellRun("cell", "2")
    second = await wb.demo(history_s=1)
    await wait_until(lambda: not set(demonstration.TASKS) & set(first.tasks.running), what="the end of the former")
    assert set(demonstration.TASKS) <= set(second.tasks.running)
    assert first.tasks.failures == ()
    await first.aclose()
    await second.aclose()


def test_the_folder_of_the_traffic_is_still_a_module():
    from workbench.demo import Traffic

    assert Traffic.__module__.startswith("workbench.demo")
    assert callable(wb.demo)
