"""Consumer groups of the classic protocol: members, rebalances, commits."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from workbench.errors import GroupActiveError, UnknownTopicError, WorkbenchError
from workbench.model import CommittedOffset, NewRecord, TopicPartition

SETTLE_S = 40.0
"""A rebalance on a real broker takes as long as its slowest member needs to notice."""


async def poll_until(members, done, seen, *, commit: bool = True):
    """Poll all members until it is done; what they got is counted by position."""
    async with asyncio.timeout(SETTLE_S):
        while not done():
            await asyncio.sleep(0.01)
            for member in members:
                records = await member.poll(max_wait_ms=50)
                seen.update(record.position for record in records)
                after = {TopicPartition(r.topic, r.partition): r.offset + 1 for r in records}
                if commit and after:
                    await member.commit(after)


def split(members):
    return sorted(len(member.assignment) for member in members)


async def test_a_member_polls_commits_and_the_next_goes_on(log, topic, group_name, write):
    name, group = await topic(), group_name()
    zero = TopicPartition(name, 0)
    await write(name, [b"%d" % n for n in range(10)])
    async with log.member(group, [name], start="earliest") as member:
        assert member.assignment == {zero}
        first = []
        async with asyncio.timeout(SETTLE_S):
            while len(first) < 4:
                first += await member.poll(max_records=4 - len(first), max_wait_ms=500)
        assert [record.value for record in first] == [b"0", b"1", b"2", b"3"]
        assert await member.position(zero) == 4
        await member.commit({zero: 4, TopicPartition("another", 0): 9})
        (info,) = await log.describe_groups([group])
        assert (info.state, info.protocol, info.protocol_type, info.error) == ("Stable", "classic", "consumer", None)
        assert [m.partitions for m in info.members] == [(zero,)]
    assert await log.committed(group) == {zero: CommittedOffset(4, (await log.committed(group))[zero].leader_epoch)}
    (info,) = await log.describe_groups([group])
    assert (info.state, info.members) == ("Empty", ())
    assert group in await log.groups()
    async with log.member(group, [name], start="latest") as member:
        rest = []
        async with asyncio.timeout(SETTLE_S):
            while len(rest) < 6:
                rest += await member.poll(max_wait_ms=500)
    assert [record.value for record in rest] == [b"%d" % n for n in range(4, 10)]


async def test_a_group_without_commits_starts_at_the_end(log, topic, group_name, write):
    name = await topic()
    await write(name, [b"old"])
    async with log.member(group_name(), [name]) as member:
        assert await member.position(TopicPartition(name, 0)) == 1
        await write(name, [b"new"])
        seen = []
        async with asyncio.timeout(SETTLE_S):
            while not seen:
                seen = await member.poll(max_wait_ms=500)
    assert [record.value for record in seen] == [b"new"]


async def test_two_then_three_members_share_everything_without_loss(log, topic, group_name, write):
    name, group = await topic(partitions=6), group_name()
    seen: Counter[str] = Counter()

    async def produce(first: int) -> set[str]:
        for partition in range(6):
            await write(name, [b"%d" % n for n in range(first, first + 5)], partition=partition)
        return {f"{name}/{p}@{n}" for p in range(6) for n in range(first, first + 5)}

    async with AsyncExitStack() as stack:
        members = []
        for count in (1, 2, 3):
            joining = asyncio.ensure_future(
                stack.enter_async_context(log.member(group, [name], start="earliest", session_timeout_ms=6_000)),
            )
            await poll_until(members, joining.done, seen)
            members.append(await joining)
            expected = await produce(5 * (count - 1))
            share = [6 // count] * count
            await poll_until(members, lambda s=share, m=members: split(m) == s, seen)
            await poll_until(members, lambda e=expected: e <= seen.keys(), seen)
        held = [partition for member in members for partition in member.assignment]
        assert sorted(held) == [TopicPartition(name, number) for number in range(6)]
        (info,) = await log.describe_groups([group])
        assert len(info.members) == 3
    last = await log.committed(group)
    assert {p: c.offset for p, c in last.items()} == {TopicPartition(name, n): 15 for n in range(6)}


async def test_what_a_leaving_member_held_moves_on(log, topic, group_name, write):
    name, group = await topic(partitions=2), group_name()
    async with log.member(group, [name], start="earliest", session_timeout_ms=6_000) as stays:
        joining = asyncio.ensure_future(log.member(group, [name], start="earliest").__aenter__())
        seen: Counter[str] = Counter()
        await poll_until([stays], joining.done, seen)
        leaves = await joining
        await poll_until([stays, leaves], lambda: split([stays, leaves]) == [1, 1], seen)
        await leaves.aclose()
        assert leaves.assignment == frozenset()
        await poll_until([stays], lambda: len(stays.assignment) == 2, seen)
        await write(name, [b"a"], partition=0)
        await write(name, [b"b"], partition=1)
        await poll_until([stays], lambda: len(seen) == 2, seen)


async def test_revocation_is_heard_before_another_gets_the_partition(log, topic, group_name):
    name, group = await topic(partitions=2), group_name()
    lost: list[frozenset[TopicPartition]] = []

    async def on_revoke(partitions: frozenset[TopicPartition]) -> None:
        lost.append(partitions)
        await first.commit(dict.fromkeys(partitions, 3))

    async with log.member(group, [name], session_timeout_ms=6_000, on_revoke=on_revoke) as first:
        joining = asyncio.ensure_future(log.member(group, [name], start="earliest").__aenter__())
        await poll_until([first], joining.done, Counter())
        second = await joining
        await poll_until([first, second], lambda: split([first, second]) == [1, 1], Counter(), commit=False)
        (moved,) = second.assignment
        assert any(moved in partitions for partitions in lost)
        assert (await log.committed(group))[moved].offset == 3
        await second.aclose()


async def test_pausing_and_seeking(log, topic, group_name, write):
    name = await topic(partitions=2)
    zero, one = TopicPartition(name, 0), TopicPartition(name, 1)
    await write(name, [b"a", b"b", b"c"], partition=0)
    await write(name, [b"z"], partition=1)
    async with log.member(group_name(), [name], start="earliest") as member:
        member.pause([zero])
        seen = Counter()
        await poll_until([member], lambda: len(seen) == 1, seen)
        assert set(seen) == {f"{name}/1@0"}
        member.resume([zero])
        await poll_until([member], lambda: len(seen) == 4, seen)
        member.seek(zero, 1)
        again = Counter()
        await poll_until([member], lambda: len(again) == 2, again)
        assert set(again) == {f"{name}/0@1", f"{name}/0@2"}
        assert (await member.position(zero), await member.position(one)) == (3, 1)


async def test_members_see_committed_data_only(log, topic, topic_name, group_name):
    name = await topic()
    async with log.writer(transactional_id=topic_name("txn")) as writer:
        await writer.begin()
        await writer.send([NewRecord(name, value=b"aborted", partition=0)])
        await writer.abort()
        await writer.begin()
        await writer.send([NewRecord(name, value=b"committed", partition=0)])
        await writer.commit()
    async with log.member(group_name(), [name], start="earliest") as member:
        records = []
        async with asyncio.timeout(SETTLE_S):
            while not records:
                records = await member.poll(max_wait_ms=500)
    assert [(record.offset, record.value) for record in records] == [(2, b"committed")]


async def test_header_names_that_are_not_utf8_reach_members(log, topic, group_name):
    name = await topic()
    headers = ((b"\xff", b"1"), (b"h", None), (b"h", b""))
    async with log.writer() as writer:
        await writer.send([NewRecord(name, b"k", b"v", headers, partition=0)])
    async with log.member(group_name(), [name], start="earliest") as member:
        records = []
        async with asyncio.timeout(SETTLE_S):
            while not records:
                records = await member.poll(max_wait_ms=500)
    assert records[0].headers == headers


async def test_a_pattern_picks_up_topics_created_later(log, topic_name, group_name):
    prefix = topic_name("wb-pattern")
    await log.create_topic(f"{prefix}.one")
    async with log.member(group_name(), re.compile(re.escape(prefix)), start="earliest") as member:
        assert {p.topic for p in member.assignment} == {f"{prefix}.one"}
        await log.create_topic(f"{prefix}.two")
        wanted = {f"{prefix}.one", f"{prefix}.two"}
        await poll_until([member], lambda: {p.topic for p in member.assignment} == wanted, Counter())
    for name in wanted:
        await log.delete_topic(name)


async def test_a_topic_that_does_not_exist_is_refused_before_joining(log, topic_name, group_name):
    group = group_name()
    async with asyncio.timeout(SETTLE_S):
        with pytest.raises(UnknownTopicError):
            await log.member(group, [topic_name("absent")]).__aenter__()
    assert group not in await log.groups()


async def test_a_member_not_joined_or_used_before_says_so(log, topic, group_name):
    name = await topic()
    member = log.member(group_name(), [name])
    with pytest.raises(WorkbenchError, match="not joined"):
        await member.poll()
    async with member:
        pass
    with pytest.raises(WorkbenchError, match="used before"):
        await member.__aenter__()


async def test_offsets_are_stored_for_an_empty_group_and_refused_for_an_active_one(log, topic, group_name):
    name, group = await topic(partitions=2), group_name()
    zero, one = TopicPartition(name, 0), TopicPartition(name, 1)
    await log.commit_offsets(group, {zero: 5, one: 0})
    assert {p: c.offset for p, c in (await log.committed(group)).items()} == {zero: 5, one: 0}
    (info,) = await log.describe_groups([group])
    assert info.state == "Empty"
    await log.commit_offsets(group, {zero: 2})
    async with log.member(group, [name]):
        with pytest.raises(GroupActiveError) as raised:
            await log.commit_offsets(group, {zero: 0})
        assert raised.value.group_id == group
        assert len(raised.value.members) == 1
    assert {p: c.offset for p, c in (await log.committed(group)).items()} == {zero: 2, one: 0}
    with pytest.raises(UnknownTopicError):
        await log.commit_offsets(group, {TopicPartition(name, 9): 0})


async def test_groups_nobody_knows(log, group_name):
    one, two = group_name(), group_name()
    described = await log.describe_groups([one, two])
    assert [(info.group_id, info.state, info.members) for info in described] == [(one, "Dead", ()), (two, "Dead", ())]
    assert await log.committed(one) == {}
    assert not {one, two} & set(await log.groups())
