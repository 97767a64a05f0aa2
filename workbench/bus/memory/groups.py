"""Consumer groups of the embedded cluster: list, describe, stored offsets. Nothing here joins one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.bus.refusals import group_active
from workbench.errors import WorkbenchError
from workbench.model.topics import GroupInfo

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from workbench.bus.memory.cluster.cluster import Cluster
    from workbench.model.records.record import TopicPartition
    from workbench.model.topics import CommittedOffset


def list_ids(cluster: Cluster) -> list[str]:
    """List consumer groups, those with stored offsets only included."""
    return sorted(cluster.groups)


def describe(cluster: Cluster, group_ids: Collection[str]) -> list[GroupInfo]:
    """Describe groups in the order asked for; one that does not exist is ``Dead``, as a broker answers."""
    return [
        cluster.groups[name].describe() if name in cluster.groups else GroupInfo(name, "Dead", "classic", "", 0)
        for name in group_ids
    ]


def committed(cluster: Cluster, group_id: str) -> dict[TopicPartition, CommittedOffset]:
    """Read what a group stored; partitions without a commit are absent."""
    group = cluster.groups.get(group_id)
    return dict(group.offsets) if group is not None else {}


def commit(cluster: Cluster, group_id: str, offsets: Mapping[TopicPartition, int]) -> None:
    """Store offsets for a group without members.

    Raises:
        GroupActiveError: It has members; nothing was changed.
        UnknownTopicError: A topic or partition does not exist.
    """
    for partition in offsets:
        cluster.partition(partition)
    group = cluster.group(group_id)
    if group.members:
        raise group_active(group_id, group.members)
    group.commit(offsets)


def delete(cluster: Cluster, group_id: str) -> None:
    """Delete a group without members, with the offsets that it stored.

    Raises:
        GroupActiveError: It has members; nothing was changed.
        WorkbenchError: There is no such group.
    """
    group = cluster.groups.get(group_id)
    if group is None:
        raise WorkbenchError(f"group {group_id}: GROUP_ID_NOT_FOUND")
    if group.members:
        raise group_active(group_id, group.members)
    del cluster.groups[group_id]
