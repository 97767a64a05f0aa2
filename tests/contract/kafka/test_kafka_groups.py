from __future__ import annotations

import asyncio
import re
import uuid

import pytest
from aiokafka import errors as kafka_errors
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

from workbench.bus.kafka.connection.session import GROUP
from workbench.bus.kafka.wire.codes import check
from workbench.errors import AuthenticationError, GroupActiveError, UnknownTopicError, WorkbenchError
from workbench.model import CommittedOffset, NewRecord, TopicPartition

pytestmark = pytest.mark.broker


class HeartbeatResponse(Response):
    API_KEY, API_VERSION = 68, 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        ("error_message", CompactString()),
        ("member_id", CompactString()),
        ("member_epoch", Int32),
    )


class HeartbeatStruct(RequestStruct):
    API_KEY, API_VERSION, RESPONSE_TYPE, FLEXIBLE_VERSION = 68, 0, HeartbeatResponse, True
    SCHEMA = Schema(
        ("group_id", CompactString()),
        ("member_id", CompactString()),
        ("member_epoch", Int32),
        ("instance_id", CompactString()),
        ("rack_id", CompactString()),
        ("rebalance_timeout_ms", Int32),
        ("topics", CompactArray(CompactString())),
        ("assignor", CompactString()),
        ("partitions", CompactArray(Int32)),
        ("tags", TaggedFields),
    )


class Heartbeat(Request[HeartbeatStruct]):
    """What a client with ``group.protocol=consumer`` sends to join, and with epoch -1 to leave."""

    API_KEY = 68

    def __init__(self, group_id: str, member_id: str, epoch: int, topics: list[str] | None) -> None:
        self._fields = (group_id, member_id, epoch, None, None, 60_000, topics, None, [] if epoch == 0 else None, {})

    def build(self, request_struct_class: type[HeartbeatStruct]) -> HeartbeatStruct:
        return request_struct_class(*self._fields)


async def test_a_live_group_of_the_newer_protocol_is_never_dead(log, topic, group_name):
    name, group = await topic(partitions=2), group_name()
    session = log._session
    node = await session.retry(lambda: session.coordinator(GROUP, group))

    async def join() -> HeartbeatResponse:
        answer = await session.connections.send(node, Heartbeat(group, "", 0, [name]))
        check(answer.error_code, group, answer.error_message)
        return answer

    joined = await session.retry(join)
    async with asyncio.timeout(20):
        while not (await log.describe_groups([group]))[0].members[0].partitions:
            await asyncio.sleep(0.1)
            await session.connections.send(node, Heartbeat(group, joined.member_id, joined.member_epoch, None))
    (info,) = await log.describe_groups([group])
    assert (info.protocol, info.protocol_type, info.coordinator, info.error) == ("consumer", "consumer", node, None)
    assert info.state in {"Stable", "Assigning", "Reconciling"}
    assert len(info.members) == 1
    assert info.members[0].member_id == joined.member_id
    assert set(info.members[0].partitions) <= {TopicPartition(name, 0), TopicPartition(name, 1)}
    assert group in await log.groups()
    with pytest.raises(GroupActiveError):
        await log.commit_offsets(group, {TopicPartition(name, 0): 0})
    await session.connections.send(node, Heartbeat(group, joined.member_id, -1, None))
    async with asyncio.timeout(20):
        while (await log.describe_groups([group]))[0].members:  # noqa: ASYNC110 - it sends no event
            await asyncio.sleep(0.1)
    (info,) = await log.describe_groups([group])
    assert (info.state, info.protocol) == ("Empty", "consumer")


async def test_groups_in_the_order_asked_for_and_one_that_is_none(log, topic, group_name):
    name, group, none = await topic(), group_name(), group_name("none")
    await log.commit_offsets(group, {TopicPartition(name, 0): 0})
    first, second = await log.describe_groups([none, group])
    assert (first.group_id, first.state, first.members, first.error) == (none, "Dead", (), None)
    assert (second.group_id, second.state, second.protocol) == (group, "Empty", "classic")
    assert await log.describe_groups([]) == []


async def test_offsets_of_a_group_without_members(log, topic, group_name):
    name, group = await topic(partitions=2), group_name()
    zero, one = TopicPartition(name, 0), TopicPartition(name, 1)
    assert await log.committed(group) == {}
    await log.commit_offsets(group, {zero: 7})
    assert await log.committed(group) == {zero: CommittedOffset(7, None, "")}
    from workbench.bus.protocols import AtCommitted

    assert await log.offsets([zero, one], AtCommitted(group)) == {zero: 7, one: None}
    assert group in await log.groups()
    with pytest.raises(UnknownTopicError):
        await log.commit_offsets(group, {TopicPartition(name, 9): 0})


class TestMember:
    async def test_joins_polls_commits_and_leaves(self, log, topic, group_name):
        name, group = await topic(partitions=2), group_name()
        partitions = frozenset({TopicPartition(name, 0), TopicPartition(name, 1)})
        async with log.writer() as writer:
            await writer.send([NewRecord(name, b"k", b"%d" % i, ((b"h", None),), i % 2, 1000 + i) for i in range(10)])
        async with log.member(group, [name], start="earliest") as member:
            assert member.assignment == partitions
            found = []
            while len(found) < 10:
                found += await member.poll(max_records=3)
            for partition in (0, 1):
                assert [r.offset for r in found if r.partition == partition] == [0, 1, 2, 3, 4]
            assert found[0].headers == ((b"h", None),)
            (info,) = await log.describe_groups([group])
            assert (info.state, info.protocol, len(info.members)) == ("Stable", "classic", 1)
            assert frozenset(info.members[0].partitions) == partitions
            with pytest.raises(GroupActiveError):
                await log.commit_offsets(group, {TopicPartition(name, 0): 0})
            await member.commit({TopicPartition(name, 0): 3, TopicPartition("not-held", 0): 1})
            member.seek(TopicPartition(name, 1), 4)
            assert await member.position(TopicPartition(name, 1)) == 4
            member.pause([TopicPartition(name, 0)])
            again = []
            while not again:
                again = await member.poll()
            assert [(r.partition, r.offset) for r in again] == [(1, 4)]
        assert await log.committed(group) == {TopicPartition(name, 0): CommittedOffset(3, None, "")}

    @pytest.mark.parametrize("failing", [0, 1, 2])
    async def test_an_error_of_one_partition_loses_no_record_of_another(
        self, log, topic, group_name, monkeypatch, failing
    ):
        name = await topic(partitions=3)
        async with log.member(group_name(), [name], start="earliest") as member:
            getmany, failures = member._consumer.getmany, iter(range(2))

            async def fail_twice(partition, **options):
                if partition.partition == failing and next(failures, None) is not None:
                    raise kafka_errors.TopicAuthorizationFailedError(name)
                return await getmany(partition, **options)

            async with log.writer() as writer:
                await writer.send([NewRecord(name, value=b"%d" % i, partition=i % 3) for i in range(9)])
            monkeypatch.setattr(member._consumer, "getmany", fail_twice)
            found, refused = [], 0
            while len(found) < 9:
                try:
                    found += await member.poll()
                except AuthenticationError:
                    refused += 1
            assert refused == 2
            assert sorted((record.partition, record.offset) for record in found) == [
                (partition, offset) for partition in range(3) for offset in range(3)
            ]

    async def test_survives_header_names_that_are_not_utf8(self, log, topic, group_name):
        name, group = await topic(partitions=2), group_name()
        async with log.writer() as writer:
            for i in range(30):
                header = b"\xff\xfe" if i % 5 == 2 else b"fine"
                await writer.send([NewRecord(name, value=b"%d" % i, headers=((header, b"x"),), partition=i % 2)])
        async with log.member(group, [name], start="earliest") as member:
            found = []
            while len(found) < 30:
                found += await member.poll(max_records=4)
        assert sorted(int(r.value) for r in found) == list(range(30))
        for partition in (0, 1):
            assert [r.offset for r in found if r.partition == partition] == list(range(15))
        assert sum(r.headers[0][0] == b"\xff\xfe" for r in found) == 6

    async def test_sees_committed_data_only(self, log, topic, group_name, topic_name):
        name = await topic()
        async with log.writer(transactional_id=topic_name("tx")) as writer:
            for value, keep in ((b"no", False), (b"yes", True)):
                await writer.begin()
                await writer.send([NewRecord(name, value=value, partition=0)])
                await (writer.commit() if keep else writer.abort())
        async with log.member(group_name(), [name], start="earliest") as member:
            found = []
            while not found:
                found = await member.poll()
            assert [r.value for r in found] == [b"yes"]

    async def test_hears_of_a_revocation_and_can_commit_then(self, log, topic, group_name):
        name, group = await topic(partitions=4), group_name()
        async with log.writer() as writer:
            await writer.send([NewRecord(name, value=b"v", partition=p) for p in range(4)])
        revoked = []

        async def on_revoke(partitions) -> None:
            revoked.append(partitions)
            await first.commit(dict.fromkeys(partitions, 1))

        first = log.member(group, [name], start="earliest", on_revoke=on_revoke)
        async with first:
            assert len(first.assignment) == 4
            async with log.member(group, [name], start="earliest") as second:
                async with asyncio.timeout(30):
                    while len(first.assignment) != 2:
                        await first.poll(max_wait_ms=50)
                assert first.assignment | second.assignment == {TopicPartition(name, p) for p in range(4)}
        assert revoked == [frozenset(TopicPartition(name, p) for p in range(4))]
        assert {p: c.offset for p, c in (await log.committed(group)).items()} == {
            TopicPartition(name, p): 1 for p in range(4)
        }

    async def test_a_pattern_picks_up_what_comes_later(self, log, group_name):
        stem = f"wbpat{uuid.uuid4().hex[:8]}"
        await log.create_topic(f"{stem}-a")
        try:
            async with log.member(group_name(), re.compile(f"{stem}-.*"), start="earliest") as member:
                assert member.assignment == {TopicPartition(f"{stem}-a", 0)}
                await log.create_topic(f"{stem}-b")
                async with asyncio.timeout(40):
                    while len(member.assignment) != 2:
                        await member.poll()
        finally:
            await log.delete_topic(f"{stem}-a")
            await log.delete_topic(f"{stem}-b")

    async def test_an_unknown_topic_is_refused_before_joining(self, log, topic_name, group_name):
        group = group_name()
        with pytest.raises(UnknownTopicError):
            async with log.member(group, [topic_name()]):
                pass
        assert group not in await log.groups()

    async def test_not_joined_and_left_say_so(self, log, topic, group_name):
        name = await topic()
        member = log.member(group_name(), [name])
        with pytest.raises(WorkbenchError, match="not joined"):
            await member.poll()
        async with member:
            pass
        with pytest.raises(WorkbenchError, match="has left"):
            await member.poll()
