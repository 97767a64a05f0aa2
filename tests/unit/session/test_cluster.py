"""What a connection permits, and what it says once it is closed."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.bus import open_log
from workbench.errors import ConfigurationError


@pytest.fixture
async def kept():
    """A log that keeps memory://shop with one topic alive."""
    async with open_log("memory://shop") as log:
        await log.create_topic("orders")
        yield log


async def test_the_log_of_a_read_only_cluster_cannot_write(kept):
    async with await wb.connect("memory://shop") as cluster:
        assert [info.name for info in await cluster.log.describe()] == ["orders"]
        with pytest.raises(ConfigurationError, match="read-only"):
            cluster.log.writer()
        with pytest.raises(ConfigurationError, match="read-only"):
            await cluster.log.delete_topic("orders")
    assert [info.name for info in await kept.describe()] == ["orders"]


async def test_the_log_of_a_writable_cluster_writes(kept):
    async with await wb.connect("memory://shop", write=True, reason="a test") as cluster:
        await cluster.log.create_topic("payments")
    assert [info.name for info in await kept.describe()] == ["orders", "payments"]


async def finished(value):
    """Wait for what a method returned, whatever it is."""
    return await value if hasattr(value, "__await__") else value


@pytest.mark.parametrize(
    "use",
    [
        lambda cluster: cluster.topics(),
        lambda cluster: cluster.topic_rows(),
        lambda cluster: cluster.tail("orders"),
        lambda cluster: cluster.records("orders"),
        lambda cluster: cluster.capture("orders", into="x.duckdb"),
        lambda cluster: cluster.lag(),
        lambda cluster: cluster.watch_lag(),
        lambda cluster: cluster.record_lag("x.duckdb"),
        lambda cluster: cluster.contract_bus(),
        lambda cluster: cluster.log,
    ],
)
async def test_a_closed_cluster_says_the_same_everywhere(kept, tmp_path, monkeypatch, use):
    monkeypatch.chdir(tmp_path)
    cluster = await wb.connect("memory://shop")
    await cluster.aclose()
    with pytest.raises(ConfigurationError, match=r"The connection to memory://shop is closed; connect again\."):
        await finished(use(cluster))
    assert not list(tmp_path.iterdir())
    assert "closed" in repr(cluster)
