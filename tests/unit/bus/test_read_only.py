"""The log of a read-only connection reads, and refuses everything that changes a cluster."""

from __future__ import annotations

import pytest

from workbench.bus.memory import MemoryLog
from workbench.bus.protocols import RecordLog
from workbench.bus.read_only import ReadOnlyLog
from workbench.errors import ConfigurationError
from workbench.model import NewRecord, Span, TopicPartition

AT = TopicPartition("orders", 0)


@pytest.fixture
async def cluster():
    async with MemoryLog("read-only") as log:
        await log.create_topic("orders")
        async with log.writer() as writer:
            await writer.send([NewRecord("orders", value=b"1")])
        await log.commit_offsets("billing", {AT: 1})
        yield log


async def test_it_reads_as_the_log_itself(cluster):
    async with ReadOnlyLog(MemoryLog("read-only")) as log:
        assert isinstance(log, RecordLog)
        assert (log.address, log.cluster_id) == (cluster.address, cluster.cluster_id)
        assert await log.describe() == await cluster.describe()
        assert await log.offsets([AT], "latest") == {AT: 1}
        assert await log.groups() == ["billing"]
        assert await log.describe_groups(["billing"]) == await cluster.describe_groups(["billing"])
        assert (await log.committed("billing"))[AT].offset == 1
        async with log.reader([Span("orders", 0, 0, 1)]) as reader:
            assert [chunk.records.num_rows for chunk in await reader.read()] == [1]


@pytest.mark.parametrize(
    "change",
    [
        lambda log: log.commit_offsets("billing", {AT: 0}),
        lambda log: log.create_topic("new", partitions=3),
        lambda log: log.add_partitions("orders", 2),
        lambda log: log.alter_config("orders", {"retention.ms": "1"}),
        lambda log: log.delete_group("billing"),
        lambda log: log.delete_topic("orders"),
        lambda log: log.delete_records({AT: 1}),
    ],
)
async def test_it_changes_nothing(cluster, change):
    before = await cluster.describe(), await cluster.committed("billing")
    async with ReadOnlyLog(MemoryLog("read-only")) as log:
        with pytest.raises(ConfigurationError, match=r"read-only.*write=True, reason="):
            await change(log)
    assert (await cluster.describe(), await cluster.committed("billing")) == before


async def test_it_gives_no_writer_and_joins_no_group(cluster):
    async with ReadOnlyLog(MemoryLog("read-only")) as log:
        with pytest.raises(ConfigurationError, match="No record was written"):
            log.writer(transactional_id="t")
        with pytest.raises(ConfigurationError, match="Group billing was not joined"):
            log.member("billing", ["orders"])
    assert (await cluster.describe_groups(["billing"]))[0].members == ()
