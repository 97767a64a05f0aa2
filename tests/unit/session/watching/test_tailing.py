from __future__ import annotations

import pytest

import workbench as wb
from workbench.config.memory_limits import TAIL_MEMORY
from workbench.errors import ConfigurationError
from workbench.live import discoveries
from workbench.live.memory import shared
from workbench.model import NewRecord
from workbench.session.watching import replacing
from workbench.session.watching.cells import CellRun
from workbench.testing import wait_until


@pytest.fixture
async def cluster(topic_name):
    async with await wb.connect(f"memory://{topic_name()}", write=True, reason="test") as opened:
        await opened.log.create_topic("orders", partitions=1)
        await write(opened, "orders", 3_000)
        yield opened


async def write(cluster, topic, count, partition=0):
    async with cluster.log.writer() as writer:
        await writer.send([NewRecord(topic, value=b"x" * 500, partition=partition) for _ in range(count)])


async def test_a_cell_that_runs_ten_times_leaves_one_reader_and_its_memory(cluster, monkeypatch):
    views = []
    for run in range(10):
        monkeypatch.setattr(replacing.shown, "_cell", lambda run=run: CellRun("cell", str(run)))
        views.append(cluster.tail("orders", start="start"))
        await wait_until(lambda: views[-1].stats.held == 3_000, what="the rows")
    assert [view.stats.held for view in views] == [0] * 9 + [3_000]
    assert {view.stats.state for view in views[:9]} == {"closed"}
    assert [name for name in cluster.tasks.running if name.startswith("tail")] == [
        views[-1].feed.task_name,
        f"{views[-1].feed.task_name} metadata",
    ]
    views[-1].close()
    await wait_until(lambda: not cluster.tasks.running, what="the end of the tasks")
    assert (views[-1].stats.held, cluster.tasks.failures) == (0, ())


async def test_stop_ends_the_task_and_gives_the_memory_back(cluster):
    view = cluster.tail("orders", start="start")
    await wait_until(lambda: view.stats.held == 3_000, what="the rows")
    await view.stop(keep_rows=True)
    assert (view.stats.state, view.stats.held) == ("stopped", 3_000)
    await view.stop()
    assert (view.stats.held, cluster.tasks.running) == (200, ())
    assert "stopped" in str(view.snapshot())
    view.close()
    assert view.stats.held == 0


async def test_outside_of_cells_the_same_tail_replaces_the_former_and_another_does_not(cluster):
    first = cluster.tail("orders", start="start")
    other = cluster.tail("orders", start="start", filter="x")
    second = cluster.tail("orders", start="start")
    await wait_until(lambda: second.stats.held == other.stats.held == 3_000, what="the rows")
    assert (first.stats.state, first.comm) == ("closed", None)
    named = [cluster.tail("orders", name="mine", follow=follow) for follow in (True, False)]
    assert [view.comm is None for view in named] == [True, False]


async def test_a_wrong_option_ends_nothing(cluster):
    first = cluster.tail("orders", start="start")
    with pytest.raises(TypeError, match="no option 'hight'"):
        cluster.tail("orders", start="start", hight=3)
    await wait_until(lambda: first.stats.held == 3_000, what="the rows")
    assert first.stats.state == "live"


async def test_new_partitions_and_topics_reach_a_running_tail(cluster, monkeypatch):
    monkeypatch.setattr(discoveries, "METADATA_S", 0.05)
    view = cluster.tail("ord*")
    await wait_until(lambda: view.stats.state == "live", what="the tail")
    await cluster.log.add_partitions("orders", 2)
    await write(cluster, "orders", 7, partition=1)
    await cluster.log.create_topic("order.lines", partitions=1)
    await write(cluster, "order.lines", 5)
    await wait_until(lambda: view.stats.held == 12, what="the rows of what is new")


async def test_the_limit_of_memory_is_a_setting(cluster, monkeypatch):
    monkeypatch.setenv(TAIL_MEMORY, "16")
    cluster.tail("orders")
    assert shared.limit_bytes == 16 << 20
    monkeypatch.setenv(TAIL_MEMORY, "much")
    with pytest.raises(ConfigurationError, match="whole number"):
        cluster.tail("orders")
    monkeypatch.delenv(TAIL_MEMORY)
    cluster.tail("orders")
    assert shared.limit_bytes == 512 << 20
