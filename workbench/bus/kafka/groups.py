"""Groups of every type: list, describe, stored offsets, start offsets of share groups. Nothing here joins one."""

from __future__ import annotations

import asyncio
import contextlib
from functools import partial
from typing import TYPE_CHECKING, Any

from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from aiokafka.protocol.admin import DeleteGroupsRequest, ListGroupsRequest
from aiokafka.protocol.commit import OffsetCommitRequest, OffsetFetchRequest

from workbench.bus.kafka.connection.session import GROUP
from workbench.bus.kafka.wire.codes import Code, CodeError, check, name_of
from workbench.bus.kafka.wire.groups import (
    ConsumerGroupDescribeRequest,
    ConsumerGroupDescribeRequest_v0,
    DescribeClassicGroupsRequest,
    DescribeGroupsRequest_v4,
    ListGroupsRequest_v5,
    ListGroupsWithTypeRequest,
)
from workbench.bus.kafka.wire.share_groups import (
    ShareGroupDescribeRequest,
    ShareGroupDescribeRequest_v1,
    ShareGroupOffsetsRequest,
    ShareGroupOffsetsRequest_v0,
)
from workbench.bus.refusals import group_active
from workbench.model.records.record import TopicPartition
from workbench.model.topics import CommittedOffset, GroupInfo, GroupMemberInfo
from workbench.text import partition_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from workbench.bus.kafka.connection.session import Session
    from workbench.model.topics import GroupState

_STATES: Mapping[str, GroupState] = {
    "Stable": "Stable",
    "PreparingRebalance": "PreparingRebalance",
    "CompletingRebalance": "CompletingRebalance",
    "Assigning": "Assigning",
    "Reconciling": "Reconciling",
    "Empty": "Empty",
    "Dead": "Dead",
}
_CONSUMER_TYPES = frozenset({"consumer", ""})
"""Protocol types of the classic protocol that read topics; others (Kafka Connect's workers) do not."""
_OTHER_GROUP_TYPES = frozenset({"consumer", "share", "streams"})
"""Group types beside ``classic``: KIP-848, KIP-932 and KIP-1071. Every group of these reads topics."""


_START_OFFSET = "start offset of a share group"


async def list_ids(session: Session) -> list[str]:
    """List the groups of all brokers that read topics, of every type; those with stored offsets only included."""
    return sorted(await _listed(session))


async def describe(session: Session, group_ids: Collection[str]) -> list[GroupInfo]:
    """Describe groups in the order asked for; a group that fails carries its error and state ``unknown``."""
    wanted = list(dict.fromkeys(group_ids))
    found: dict[str, GroupInfo] = {}

    async def attempt() -> None:
        rest = [group_id for group_id in wanted if group_id not in found or found[group_id].error is not None]
        by_node = await _by_coordinator(session, rest, found)
        answers = await asyncio.gather(*(_describe_at(session, node, ids) for node, ids in by_node.items()))
        for infos, _ in answers:
            found.update(infos)
        # Raised after all answers are kept: the next attempt asks only for the groups that failed.
        for _, error in answers:
            if error is not None:
                raise error

    with contextlib.suppress(CodeError):
        await session.retry(attempt)
    await _check_dead_groups(session, found)
    return [found[group_id] for group_id in wanted]


async def committed(session: Session, group_id: str) -> dict[TopicPartition, CommittedOffset]:
    """Read what a group stored; partitions without a commit are absent.

    A share group stores no commits but a start offset for each partition, which is given instead: what is before it is
    done with, and of what is behind it some may be, too.
    """

    async def attempt() -> dict[TopicPartition, CommittedOffset]:
        answer = await _to_coordinator(session, group_id, OffsetFetchRequest(group_id, None))
        session.check_coordinator(answer.error_code, GROUP, group_id, f"group {group_id}")
        stored = {}
        for topic, rows in answer.topics:
            for number, offset, metadata, code in rows:
                check(code, f"{partition_text(topic, number)} of group {group_id}")
                if offset >= 0:
                    stored[TopicPartition(topic, number)] = CommittedOffset(offset, None, metadata or "")
        # A share group, too, is answered here, as one that committed nothing.
        return stored or await _start_offsets(session, group_id)

    return await session.retry(attempt)


async def _start_offsets(session: Session, group_id: str) -> dict[TopicPartition, CommittedOffset]:
    """Read the start offsets of a share group; none where there is no share group of this id."""
    request = ShareGroupOffsetsRequest_v0
    if not await session.connections.supports(request.API_KEY, request.API_VERSION):
        return {}
    answer = await _to_coordinator(session, group_id, ShareGroupOffsetsRequest(group_id))
    found = {}
    for _, topics, code, *_ in answer.groups:
        if code in (Code.GROUP_ID_NOT_FOUND, Code.INVALID_GROUP_ID):
            continue
        session.check_coordinator(code, GROUP, group_id, f"group {group_id}")
        for topic, _, rows, _ in topics:
            for number, start, epoch, error, *_more in rows:
                check(error, f"{partition_text(topic, number)} of group {group_id}")
                # -1: nothing was read yet, so that the group has no position in this partition.
                if start >= 0:
                    found[TopicPartition(topic, number)] = CommittedOffset(start, epoch, _START_OFFSET)
    return found


async def commit(session: Session, group_id: str, offsets: Mapping[TopicPartition, int]) -> None:
    """Store offsets for a group without members.

    Raises:
        GroupActiveError: It has members; nothing was changed.
        UnknownTopicError: A topic or partition does not exist.
    """
    await session.retry(lambda: session.leaders(offsets))
    (info,) = await describe(session, [group_id])
    if info.members:
        raise group_active(group_id, [member.member_id for member in info.members])
    topics: dict[str, list[tuple[int, int, str]]] = {}
    for partition, offset in offsets.items():
        topics.setdefault(partition.topic, []).append((partition.partition, offset, ""))

    # Generation -1 and an empty member id commit from outside the group. The coordinator accepts that only while the
    # group has no members, so a member that joined since the check above makes it fail.
    async def attempt() -> None:
        answer = await _to_coordinator(
            session, group_id, OffsetCommitRequest(group_id, -1, "", -1, list(topics.items()))
        )
        for topic, rows in answer.topics:
            for number, code in rows:
                if code in (Code.UNKNOWN_MEMBER_ID, Code.REBALANCE_IN_PROGRESS):
                    raise group_active(group_id, ())
                session.check_coordinator(code, GROUP, group_id, f"{partition_text(topic, number)} of group {group_id}")

    await session.retry(attempt)


async def delete(session: Session, group_id: str) -> None:
    """Delete a group without members, with the offsets that it stored.

    Raises:
        GroupActiveError: It has members; nothing was changed.
    """

    async def attempt() -> None:
        answer = await _to_coordinator(session, group_id, DeleteGroupsRequest([group_id]))
        for _, code in answer.results:
            if code == Code.NON_EMPTY_GROUP:
                raise group_active(group_id, ())
            session.check_coordinator(code, GROUP, group_id, f"group {group_id}")

    await session.retry(attempt)


async def _to_coordinator(session: Session, group_id: str, request: Any) -> Any:
    node = await session.coordinator(GROUP, group_id)
    try:
        return await session.connections.send(node, request)
    except Exception:
        session.forget_coordinator(GROUP, group_id)
        raise


async def _listed(session: Session) -> dict[str, str]:
    """Return group ids with their type (``classic``, ``consumer``, …), empty where brokers do not report it."""
    await session.connections.metadata([])
    typed = await session.connections.supports(ListGroupsRequest_v5.API_KEY, ListGroupsRequest_v5.API_VERSION)

    async def ask(node: int) -> tuple[int, Any]:
        request = ListGroupsWithTypeRequest() if typed else ListGroupsRequest()

        async def attempt() -> Any:
            answer = await session.connections.send(node, request)
            check(answer.error_code, f"broker {node}")
            return answer

        return node, await session.retry(attempt)

    found: dict[str, str] = {}
    for node, answer in await asyncio.gather(*(ask(node) for node in session.connections.nodes)):
        for group_id, protocol_type, *more in answer.groups:
            group_type = more[1].lower() if typed else ""
            if protocol_type in _CONSUMER_TYPES or group_type in _OTHER_GROUP_TYPES:
                found[group_id] = group_type
                session.remember_coordinator(GROUP, group_id, node)
    return found


async def _by_coordinator(
    session: Session,
    wanted: Iterable[str],
    failed: dict[str, GroupInfo],
) -> dict[int, list[str]]:
    by_node: dict[int, list[str]] = {}
    for group_id in wanted:
        try:
            node = await session.retry(partial(session.coordinator, GROUP, group_id))
        except CodeError as error:
            failed[group_id] = _unknown(group_id, str(error), None)
        else:
            by_node.setdefault(node, []).append(group_id)
    return by_node


async def _describe_at(
    session: Session,
    node: int,
    group_ids: Sequence[str],
) -> tuple[dict[str, GroupInfo], CodeError | None]:
    """Describe groups of the consumer protocol (KIP-848) first, then share groups, and the rest as classic ones.

    The error, if any, is retriable: the broker is not, or not yet, the coordinator of a group.
    """
    found: dict[str, GroupInfo] = {}
    error: CodeError | None = None
    newer = ConsumerGroupDescribeRequest_v0
    # GROUP_ID_NOT_FOUND means: no group of this type. It may be of another one, which is asked for below.
    if await session.connections.supports(newer.API_KEY, newer.API_VERSION):
        answer = await session.connections.send(node, ConsumerGroupDescribeRequest(group_ids))
        for row in answer.groups:
            error = _coordinator_error(session, row[0], row[2]) or error
            if row[0] != Code.GROUP_ID_NOT_FOUND:
                found[row[2]] = _newer(row, node)
    rest = [group_id for group_id in group_ids if group_id not in found]
    shared = ShareGroupDescribeRequest_v1
    if rest and await session.connections.supports(shared.API_KEY, shared.API_VERSION):
        answer = await session.connections.send(node, ShareGroupDescribeRequest(rest))
        for row in answer.groups:
            error = _coordinator_error(session, row[0], row[2]) or error
            if row[0] != Code.GROUP_ID_NOT_FOUND:
                found[row[2]] = _shared(row, node)
        rest = [group_id for group_id in rest if group_id not in found]
    if rest:
        answer = await session.connections.send(node, DescribeClassicGroupsRequest(rest))
        for row in answer.groups:
            error = _coordinator_error(session, row[0], row[1]) or error
            found[row[1]] = _classic(row, node, answer.API_VERSION)
    return found, error


def _coordinator_error(session: Session, code: int, group_id: str) -> CodeError | None:
    if code in (Code.NONE, Code.GROUP_ID_NOT_FOUND):
        return None
    session.forget_coordinator(GROUP, group_id)
    error = CodeError(code, f"group {group_id}")
    return error if error.retriable else None


def _newer(row: Sequence[Any], node: int) -> GroupInfo:
    code, detail, group_id, state, _, _, _, members, *_ = row
    if code != Code.NONE:
        return _unknown(group_id, f"{name_of(code)}" + (f" ({detail})" if detail else ""), node)
    return GroupInfo(
        group_id=group_id,
        state=_STATES.get(state, "unknown"),
        protocol="consumer",
        protocol_type="consumer",
        coordinator=node,
        members=tuple(
            GroupMemberInfo(
                member_id=member[0],
                instance_id=member[1],
                client_id=member[4],
                host=member[5],
                partitions=tuple(
                    TopicPartition(topic, number) for _, topic, numbers, _ in member[8][0] for number in numbers
                ),
            )
            for member in members
        ),
    )


def _shared(row: Sequence[Any], node: int) -> GroupInfo:
    code, detail, group_id, state, _, _, _, members, *_ = row
    if code != Code.NONE:
        return _unknown(group_id, f"{name_of(code)}" + (f" ({detail})" if detail else ""), node)
    return GroupInfo(
        group_id=group_id,
        state=_STATES.get(state, "unknown"),
        protocol="share",
        protocol_type="share",
        coordinator=node,
        members=tuple(
            GroupMemberInfo(
                member_id=member[0],
                instance_id=None,
                client_id=member[3],
                host=member[4],
                partitions=tuple(
                    TopicPartition(topic, number) for _, topic, numbers, _ in member[6][0] for number in numbers
                ),
            )
            for member in members
        ),
    )


def _classic(row: Sequence[Any], node: int, version: int) -> GroupInfo:
    code, group_id, state, protocol_type, _, members, *_ = row
    if code != Code.NONE:
        return _unknown(group_id, name_of(code), node)
    if version < DescribeGroupsRequest_v4.API_VERSION:
        members = [(member[0], None, *member[1:]) for member in members]
    return GroupInfo(
        group_id=group_id,
        state=_STATES.get(state, "unknown"),
        protocol="classic",
        protocol_type=protocol_type,
        coordinator=node,
        members=tuple(
            GroupMemberInfo(member_id, instance_id, client_id, host, _assigned(assignment))
            for member_id, instance_id, client_id, host, _, assignment in members
        ),
    )


def _assigned(data: bytes | None) -> tuple[TopicPartition, ...]:
    """Decode a member's assignment; bytes of another protocol (Kafka Connect) count as none."""
    if not data:
        return ()
    try:
        assignment = ConsumerProtocolMemberAssignment.decode(data)
    except ValueError:
        return ()
    return tuple(TopicPartition(topic, number) for topic, numbers in assignment.assignment for number in numbers)


def _unknown(group_id: str, error: str, node: int | None) -> GroupInfo:
    return GroupInfo(group_id, "unknown", "unknown", "", node, (), error)


async def _check_dead_groups(session: Session, found: dict[str, GroupInfo]) -> None:
    """Set groups to ``unknown`` that are described as ``Dead`` and listed as existing.

    The classic DescribeGroups answers ``Dead`` without members also for a live group of the consumer protocol
    (KIP-848), which is not described by its own request on every broker.
    """
    dead = [group_id for group_id, info in found.items() if info.state == "Dead" and info.protocol == "classic"]
    if not dead:
        return
    listed = await _listed(session)
    for group_id in dead:
        if group_id in listed:
            found[group_id] = _unknown(
                group_id, "the broker lists it and describes it as dead", found[group_id].coordinator
            )
