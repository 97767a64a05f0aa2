"""Resolves a topic selection against a cluster, and tells topics without rights from topics that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.model.selecting.topic_selection import TopicSelection
    from workbench.model.topics import TopicInfo


async def selected_topics(log: RecordLog, selection: TopicSelection) -> list[TopicInfo]:
    """Describe the selected topics, sorted by name.

    A broker leaves topics out of its list that the user may not describe. So names that are not in the list are asked
    for one by one: one without the right is described without partitions, and its ``unavailable`` says why.

    Raises:
        UnknownTopicError: A name does not exist, or a pattern matches nothing.
    """
    infos = await log.describe()
    known = {info.name for info in infos}
    missing = [part for part in selection.parts if isinstance(part, str) and part not in known]
    return selection.resolve([*infos, *(await log.describe(missing) if missing else ())])
