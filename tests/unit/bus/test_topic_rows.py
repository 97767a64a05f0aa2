from __future__ import annotations

import pytest

from workbench.bus.memory import MemoryLog
from workbench.bus.topic_rows import RATE_WINDOW_S, topic_rows
from workbench.errors import UnknownTopicError, WorkbenchError
from workbench.model import NewRecord, TopicPartition
from workbench.model.selecting.topic_selection import parse_topics


class Unhelpful(MemoryLog):
    async def groups(self):
        raise WorkbenchError("groups are refused")

    async def offsets(self, partitions, at, *, isolation="read_committed"):
        raise WorkbenchError("offsets are refused")


async def fill(log):
    await log.create_topic("orders", partitions=2)
    await log.create_topic("bills", partitions=1)
    async with log.writer() as writer:
        await writer.send([NewRecord("orders", b"v", partition=n % 2) for n in range(6)])


async def test_a_row_sums_over_partitions_and_names_the_groups(topic_name):
    async with MemoryLog(topic_name()) as log:
        await fill(log)
        await log.commit_offsets("billing", {TopicPartition("orders", 0): 2})
        bills, orders = await topic_rows(log, parse_topics("*"))
    assert (bills["topic"], bills["records_at_most"], bills["groups"], bills["group_ids"]) == ("bills", 0, 0, "")
    assert (orders["partitions"], orders["begin"], orders["end"], orders["records_at_most"]) == (2, 0, 6, 6)
    assert (orders["groups"], orders["group_ids"], orders["unavailable"]) == (1, "billing", None)
    assert orders["records_per_s"] == pytest.approx(6 / RATE_WINDOW_S)


async def test_what_cannot_be_read_is_none_and_said(topic_name):
    async with Unhelpful(topic_name()) as log:
        await fill(log)
        (row,) = await topic_rows(log, parse_topics("orders"))
    assert (row["groups"], row["group_ids"], row["records_per_s"]) == (None, None, None)
    assert row["unavailable"] == "consumer groups: groups are refused"


async def test_an_unknown_topic_is_an_error(topic_name):
    async with MemoryLog(topic_name()) as log:
        with pytest.raises(UnknownTopicError):
            await topic_rows(log, parse_topics("orders"))
