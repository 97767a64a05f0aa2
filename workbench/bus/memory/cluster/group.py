"""A consumer group of the classic protocol: members, generations, range assignment, committed offsets."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from workbench.model.records.record import TopicPartition
from workbench.model.topics import CommittedOffset, GroupInfo, GroupMemberInfo, GroupState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Protocol

    class Participant(Protocol):
        """A member as its group sees it."""

        @property
        def member_id(self) -> str: ...
        @property
        def assignment(self) -> frozenset[TopicPartition]: ...
        def wanted(self) -> Mapping[str, int]:
            """Topics it subscribed to that exist, with their partition counts."""
            ...

        async def revoke(self, lost: frozenset[TopicPartition]) -> None:
            """Give partitions back; returns when they are free."""
            ...

        def assign(self, held: frozenset[TopicPartition]) -> None:
            """Take what this generation gives."""
            ...


def assign_range(wanted: Mapping[str, Mapping[str, int]]) -> dict[str, frozenset[TopicPartition]]:
    """Assign each topic's partitions in consecutive ranges to its members, in order of their ids.

    Source: Kafka's RangeAssignor. The first members get one more where it does not divide.
    """
    held: dict[str, set[TopicPartition]] = {member: set() for member in wanted}
    for topic in sorted({topic for topics in wanted.values() for topic in topics}):
        members = sorted(member for member, topics in wanted.items() if topic in topics)
        count = max(wanted[member][topic] for member in members)
        share, extra = divmod(count, len(members))
        first = 0
        for index, member in enumerate(members):
            last = first + share + (index < extra)
            held[member] |= {TopicPartition(topic, number) for number in range(first, last)}
            first = last
    return {member: frozenset(partitions) for member, partitions in held.items()}


class Group:
    """Coordinates one consumer group. Rebalances are cooperative: a member gives back only partitions that move."""

    def __init__(self, group_id: str) -> None:
        self.group_id = group_id
        self.generation = 0
        self.offsets: dict[TopicPartition, CommittedOffset] = {}
        self._members: dict[str, Participant] = {}
        self._task: asyncio.Task[None] | None = None
        self._due = False
        self._revoking = False

    @property
    def members(self) -> tuple[str, ...]:
        """Ids of its members, sorted."""
        return tuple(sorted(self._members))

    @property
    def state(self) -> GroupState:
        """As Kafka names it."""
        if not self._members:
            return "Empty"
        if self._task is None or self._task.done():
            return "Stable"
        return "PreparingRebalance" if self._revoking else "CompletingRebalance"

    async def join(self, member: Participant) -> None:
        """Add a member and wait until its partitions are assigned."""
        self._members[member.member_id] = member
        task = self.request_rebalance()
        if task is not None:
            await asyncio.shield(task)

    def leave(self, member: Participant) -> None:
        """Remove a member that leaves or whose session timed out."""
        if self._members.pop(member.member_id, None) is not None:
            self.request_rebalance()

    def has(self, member: Participant) -> bool:
        """Whether it is a member now."""
        return member.member_id in self._members

    def request_rebalance(self) -> asyncio.Task[None] | None:
        """Start a rebalance in a task of the group, or return the one that runs; None for a group without members."""
        self._due = True
        if not self._members:
            return None
        if self._task is None or self._task.done():
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._rebalance(), name=f"memory-group/{self.group_id}")
        return self._task

    def commit(self, offsets: Mapping[TopicPartition, int]) -> None:
        """Store next offsets."""
        for partition, offset in offsets.items():
            self.offsets[partition] = CommittedOffset(offset)

    def describe(self) -> GroupInfo:
        """Describe it as the classic protocol does."""
        return GroupInfo(
            group_id=self.group_id,
            state=self.state,
            protocol="classic",
            protocol_type="consumer",
            coordinator=0,
            members=tuple(
                GroupMemberInfo(member_id, None, "eventbus-workbench", "/in-process", tuple(sorted(member.assignment)))
                for member_id, member in sorted(self._members.items())
            ),
        )

    async def _rebalance(self) -> None:
        # Members that join or leave during a rebalance cause one more round, so the last assignment is right.
        while self._due:
            self._due = False
            self.generation += 1
            target = assign_range({member_id: member.wanted() for member_id, member in self._members.items()})
            moving = [(m, m.assignment - target[m.member_id]) for m in self._members.values()]
            # Every member gives back what moves before any member gets it: two of them must never hold one partition.
            self._revoking = True
            await asyncio.gather(*(member.revoke(lost) for member, lost in moving if lost))
            self._revoking = False
            for member_id, member in self._members.items():
                member.assign(target.get(member_id, frozenset()))
