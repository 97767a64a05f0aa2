"""Which executor is meant where none is named."""

from __future__ import annotations

import pytest

from workbench.bus.memory import MemoryLog
from workbench.bus.redpanda import AdminClient
from workbench.config.admin_api import AdminSettings
from workbench.errors import TransformError
from workbench.tasks import Supervisor
from workbench.transforms.views.host import ViewHost

ADMIN = AdminSettings(urls=("http://127.0.0.1:1",))


@pytest.mark.parametrize(
    ("admin", "auto_local", "said"),
    [(None, False, "executor"), (ADMIN, True, "Admin API"), (ADMIN, False, "Admin API")],
)
async def test_brokers_come_first_and_a_cluster_with_neither_asks(admin, auto_local, said, monkeypatch):
    monkeypatch.setitem(AdminClient.__init__.__kwdefaults__, "timeout_s", 0.3)
    tasks = Supervisor()
    async with MemoryLog("host-of-views") as log:
        await log.create_topic("orders")
        host = ViewHost(log, tasks, admin, auto_local=auto_local)
        async with host.opened() as views:
            with pytest.raises(TransformError, match=said):
                await views.create("copies", "orders", "sample:passthrough", timeout_s=2)
    await tasks.aclose()


async def test_an_embedded_cluster_runs_views_here_and_keeps_them_between_questions():
    tasks = Supervisor()
    async with MemoryLog("host-of-local-views") as log:
        await log.create_topic("orders")
        host = ViewHost(log, tasks, None, auto_local=True)
        async with host.opened() as views:
            assert await views.create("copies", "orders", "sample:passthrough")
        async with host.opened() as views:
            assert (await views.status("copies")).running
        await tasks.aclose()
