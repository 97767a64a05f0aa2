"""Resolves a topic selection against a cluster, and tells topics without rights from topics that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.model.selecting.topic_selection import TopicSelection
    from workbench.model.topics import TopicInfo


async def selected_topics(log: RecordLog, selection: TopicSelection) -> list[TopicInfo]:
    """Describe the selected topics, sorted by name; see `described_topics`.

    Raises:
        UnknownTopicError: A name does not exist, or a pattern matches nothing.
    """
    return selection.resolve(await described_topics(log, selection))


async def described_topics(log: RecordLog, selection: TopicSelection) -> list[TopicInfo]:
    """Describe all topics that the broker lists, and those that the selection names.

    A broker leaves topics out of its list that the user may not describe. So names that are not in the list are asked
    for one by one: one without the right is described without partitions, and its ``unavailable`` says why.
    """
    infos = await log.describe()
    known = {info.name for info in infos}
    missing = [part for part in selection.parts if isinstance(part, str) and part not in known]
    return [*infos, *(await log.describe(missing) if missing else ())]
