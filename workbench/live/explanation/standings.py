"""Tells of each consumer group whether its committed offset lies behind a record."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.text import counted

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.model import CommittedOffset, GroupInfo, TopicPartition

_GROUPS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class GroupStanding:
    """Where a consumer group stands, seen from one record.

    Attributes:
        group_id: The group.
        state: Its state.
        committed: Its committed offset in the record's partition; None where it committed none.
        offset: The offset of the record.
        member: Client id and host of the member that reads the partition; empty where none does.
        error: Why it is not known.
    """

    group_id: str
    state: str
    committed: int | None
    offset: int
    member: str = ""
    error: str = ""

    @property
    def consumed(self) -> bool | None:
        """Whether the committed offset is above the record's; None where that is not known."""
        return None if self.committed is None else self.committed > self.offset

    @property
    def verdict(self) -> str:
        """The same in words."""
        if self.error:
            return f"not known: {self.error}"
        if self.committed is None:
            return "no committed offset in this partition"
        if self.committed > self.offset:
            return "committed past it"
        before = self.offset - self.committed
        return f"not yet: {counted(before, 'offset')} before it" if before else "not yet: it is the next one"

    def row(self) -> dict[str, Any]:
        """Return names and values."""
        return {
            "group_id": self.group_id,
            "state": self.state,
            "committed": self.committed,
            "consumed": self.consumed,
            "member": self.member or None,
            "verdict": self.verdict,
        }


async def group_standings(log: RecordLog, place: TopicPartition, offset: int) -> list[GroupStanding]:
    """Return the groups that committed offsets in a partition, or have a member that reads it, sorted by id.

    It joins no group.
    """
    gate = asyncio.Semaphore(_GROUPS_AT_ONCE)
    described = await log.describe_groups(await log.groups())

    async def standing(group: GroupInfo) -> GroupStanding | None:
        member = next((f"{one.client_id} {one.host}" for one in group.members if place in one.partitions), "")
        async with gate:
            try:
                found: CommittedOffset | None = (await log.committed(group.group_id)).get(place)
            except Exception as error:  # noqa: BLE001 - one group that cannot be read hides no other
                return GroupStanding(group.group_id, group.state, None, offset, member, str(error))
        if found is None and not member:
            return None
        return GroupStanding(group.group_id, group.state, None if found is None else found.offset, offset, member)

    found = await asyncio.gather(*(standing(group) for group in described))
    return sorted((one for one in found if one is not None), key=lambda one: one.group_id)
