"""A view on an embedded cluster is watched in a panel."""

from __future__ import annotations

import pytest
from wat_guests import WRITE_IT, guest, log

import workbench as wb
from workbench.model import NewRecord
from workbench.testing import wait_until


@pytest.fixture
async def cluster(topic_name):
    async with await wb.connect(f"memory://{topic_name()}", write=True, reason="test") as opened:
        await opened.log.create_topic("orders", partitions=1)
        async with opened.log.writer() as writer:
            await writer.send([NewRecord("orders", value=b"x")])
        yield opened


async def test_a_view_is_watched_until_its_panel_is_closed(cluster):
    module = guest(log("came here", 2) + WRITE_IT).encode()
    await cluster.transforms.create_materialized_view("v", "orders", module)
    await cluster.transforms.wait_for_view("v")
    panel = cluster.transforms.watch("v", interval_s=0.01)
    await wait_until(lambda: panel.feed.lines)
    panel.refresh()
    text = panel.snapshot().text
    assert "running" in text
    assert "in this process" in text
    assert "orders/0@0" in text
    assert "came here" in text
    panel.close()
    await wait_until(lambda: panel.feed.state == "stopped")
    missing = cluster.transforms.watch("w", interval_s=0.01)
    await wait_until(lambda: missing.feed.state == "no answer")
    missing.refresh()
    assert "There is no view" in missing.snapshot().text
    missing.close()
