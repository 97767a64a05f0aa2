"""Plans acts on consumer groups: resetting the offsets of an empty one, and deleting one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.acts.act import Change, Planned, Undo
from workbench.acts.rights import no_right_to_read
from workbench.acts.topics import partitions_of
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.model import TopicPartition

_ASK = "consumers that assign partitions by hand are not seen as members: make sure that none runs"


async def plan_reset_offsets(log: RecordLog, given: Mapping[str, Any]) -> Planned:
    """Plan to store other offsets for an empty group; what it had is what the undo restores."""
    group, wanted = given["group"], partitions_of(given["offsets"])
    refusals = await _refusals(log, group, missing_is_fine=True)
    # A broker stores the offsets of some topics although it refuses those of others: all or none are wanted.
    for info in await log.describe(sorted({place.topic for place in wanted})):
        refusals += no_right_to_read(info)
    former = {place: one.offset for place, one in (await log.committed(group)).items() if place in wanted}
    begins = await log.offsets(list(wanted), "earliest", isolation="read_uncommitted")
    ends = await log.offsets(list(wanted), "latest", isolation="read_uncommitted")
    changes, moved, again, passed = [], [], 0, 0
    for place, asked in sorted(wanted.items()):
        low, end, now = begins.get(place) or 0, ends.get(place) or 0, former.get(place)
        wanted[place] = offset = min(max(asked, low), end)
        if offset != asked:
            moved.append(f"{place} holds {low} to {end}, and not {asked}: its offset becomes {offset}")
        if now == offset:
            continue
        changes.append(_change(place, now, offset))
        reached = low if now is None else min(max(now, low), end)
        again += max(reached - offset, 0)
        passed += max(offset - reached, 0)
    if not changes and not refusals:
        refusals.append("the group has these offsets already")
    warnings = [
        *moved,
        *([f"at most {counted(again, 'record')} are read again by all of the group's consumers"] if again else []),
        *([f"at most {counted(passed, 'record')} are passed over without being read"] if passed else []),
        _ASK,
    ]
    new = [place for place in wanted if place not in former]
    if new:
        warnings.append(f"{counted(len(new), 'partition')} had no offset; an undo leaves them with one")
    return Planned(
        group,
        tuple(changes),
        tuple(warnings),
        tuple(refusals),
        undo=_restoring(group, former),
        no_undo="" if former else "the group has no offsets there that could be restored",
        parameters={**given, "offsets": offset_rows(wanted)},
    )


def _change(place: TopicPartition, now: int | None, offset: int) -> Change:
    what = f"offset of {place}"
    return Change(what, "none", str(offset)) if now is None else Change(what, str(now), f"{offset} ({offset - now:+d})")


async def plan_delete_group(log: RecordLog, given: Mapping[str, Any]) -> Planned:
    """Plan to delete a group with its offsets, which the undo restores."""
    group = given["group"]
    refusals = await _refusals(log, group, missing_is_fine=False)
    former = {place: one.offset for place, one in sorted((await log.committed(group)).items())}
    changes = [Change("group", f"{counted(len(former), 'offset')} stored", "deleted")]
    changes += [Change(f"offset of {place}", str(offset), "none") for place, offset in former.items()]
    return Planned(
        group,
        tuple(changes),
        (_ASK,),
        tuple(refusals),
        undo=_restoring(group, former),
        no_undo="" if former else "it has no offsets that could be restored",
    )


def _restoring(group: str, former: Mapping[TopicPartition, int]) -> Undo | None:
    return Undo("reset_offsets", {"group": group, "offsets": offset_rows(former)}) if former else None


async def _refusals(log: RecordLog, group: str, *, missing_is_fine: bool) -> list[str]:
    (info,) = await log.describe_groups([group])
    if info.state == "unknown":
        return [f"whether the group is empty is not known: {info.error or 'its state could not be read'}"]
    if info.protocol == "share":
        return ["it is a share group, which has no offsets of this kind"]
    if info.members:
        members = ", ".join(sorted({f"{one.client_id} at {one.host}" for one in info.members}))
        return [f"it has {counted(len(info.members), 'member')}: {members}; stop them first"]
    if info.state == "Dead" and not missing_is_fine and not await log.committed(group):
        return ["there is no such group"]
    return []


def offset_rows(offsets: Mapping[TopicPartition, int]) -> list[list[Any]]:
    """Write offsets as rows of topic, partition and offset."""
    return [[place.topic, place.partition, offset] for place, offset in sorted(offsets.items())]
