"""A share group (KIP-932) is seen by everything that asks who reads a topic: lists, lag and the rules of replay."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from replay_bench import select, write
from share_consumer import share_consumer

from workbench.bus.topic_rows import topic_rows
from workbench.errors import ReplayRefused
from workbench.lag import LagResult
from workbench.lag.sampler import LagSampler
from workbench.model import NewRecord
from workbench.model.selecting.topic_selection import parse_topics

pytestmark = [pytest.mark.broker, pytest.mark.timeout(120)]


@pytest.fixture
def address(kafka_address) -> str:
    return f"kafka://{kafka_address}"


def numbered(topic: str, count: int) -> list[NewRecord]:
    return [NewRecord(topic, value=b"%d" % number, partition=number % 2) for number in range(count)]


async def test_a_share_group_is_listed_sampled_and_refuses_a_replay(bench, kafka_address, group_name):
    source, target, group = await bench.topic(), await bench.topic(2), group_name()
    await write(bench.log, numbered(source, 4))
    async with share_consumer(kafka_address, target, group) as printed:
        async with asyncio.timeout(60):
            while not any(member.partitions for member in (await bench.log.describe_groups([group]))[0].members):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
        # A share group begins at the end: what it is given shows that the start offset of a partition is known.
        result = None
        while result is None or set(result.frame["reason"]) != {"share-start"}:
            await write(bench.log, numbered(target, 2))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(2):
                    assert await printed.readline()
            result = LagResult([await LagSampler(bench.log, groups=group).round()])
        assert group in await bench.log.groups()
        (info,) = await bench.log.describe_groups([group])
        assert (info.protocol, info.state, len(info.members)) == ("share", "Stable", 1)
        assert {at.topic for at in info.members[0].partitions} == {target}
        (row,) = await topic_rows(bench.log, parse_topics(target))
        assert row["group_ids"] == group
        assert set(result.frame["protocol"]) == {"share"}
        assert (result.frame["lag"] == result.frame["high"] - result.frame["committed"]).all()
        plan = await bench.plan(await select(bench.log, source), target)
        assert [refusal.rule for refusal in plan.refusals] == ["G-6"]
        assert group in str(plan.refusals[0])
        with pytest.raises(ReplayRefused, match="G-6"):
            await bench.run(plan)
    # Without members the group stands at its start offsets and goes on there: it still reads the topic.
    later = await bench.plan(await select(bench.log, source), target)
    assert [refusal.rule for refusal in later.refusals] == ["G-6"]
