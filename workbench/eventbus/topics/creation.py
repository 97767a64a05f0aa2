"""Creates topics in exactly the shape asked for, and describes topics that must exist."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import TopicExistsError, UnknownTopicError

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.model import TopicInfo


MISSING_TOPIC_PARTITIONS = 3
"""Partitions of a topic that a bus with ``create_missing`` creates at its first use."""


async def create_topic(
    log: RecordLog,
    physical: str,
    partitions: int,
    replication_factor: int,
    config: dict[str, str] | None,
) -> bool:
    """Create a topic; True also when it exists in exactly this shape.

    Raises:
        TopicExistsError: It exists with other partitions, replication or given settings; ``difference`` names them.
    """
    try:
        await log.create_topic(
            physical,
            partitions=partitions,
            replication_factor=replication_factor,
            config=config,
        )
    except TopicExistsError as error:
        info = await topic(log, physical)
        wanted: dict[str, tuple[Any, Any]] = {
            "partitions": (len(info.partitions), partitions),
            "replication_factor": (info.replication_factor, replication_factor),
        }
        for name, value in (config or {}).items():
            found = info.config.get(name)
            wanted[name] = (found.value if found else None, value)
        difference = {name: pair for name, pair in wanted.items() if pair[0] != pair[1]}
        if difference:
            listed = ", ".join(f"{name} is {there!r}, not {asked!r}" for name, (there, asked) in difference.items())
            raise TopicExistsError(
                f"Topic {physical} exists in another shape: {listed}. It was left as it is; "
                "alter it explicitly or choose another name.",
                topic=physical,
                difference=difference,
            ) from error
    return True


async def topic(log: RecordLog, physical: str) -> TopicInfo:
    """Describe one topic that must exist.

    Raises:
        UnknownTopicError: It does not exist.
    """
    infos = await log.describe([physical])
    if not infos:
        raise UnknownTopicError(f"Topic {physical} does not exist. list_topics() names those that do.", topic=physical)
    return infos[0]
