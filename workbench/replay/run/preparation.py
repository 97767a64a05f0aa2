"""Prepares the targets of a run: creates the planned topics and notes the end of each target partition."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.errors import ReplayRefused, TopicExistsError
from workbench.model import TopicPartition
from workbench.store.journal import POSITIONS

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.replay.plan.plan import Plan


async def create_targets(log: RecordLog, plan: Plan) -> None:
    """Create the topics that the plan says the run creates, replicated like their source where it is on this cluster.

    Raises:
        ReplayRefused: Somebody else created one of them meanwhile.
    """
    facts = plan.facts
    for topic in plan.records.new_topics:
        sources = [name for name, target in facts.targets.items() if target == topic.name and name in facts.topics]
        replication = max((facts.topics[name].replication_factor for name in sources), default=1)
        try:
            await log.create_topic(
                topic.name,
                partitions=topic.partitions,
                replication_factor=replication,
                config=topic.config,
            )
        except TopicExistsError as error:
            reason = f"G-7: {topic.name} was created by somebody else since the plan was made"
            raise ReplayRefused(f"{reason}. Plan again.", reasons=[reason]) from error


async def start_positions(log: RecordLog, plan: Plan) -> pa.Table:
    """Return the ends of all target partitions, uncommitted records included."""
    partitions = [
        TopicPartition(name, partition)
        for name, topic in plan.records.topic_facts.items()
        for partition in range(topic.partitions)
    ]
    ends = await log.offsets(partitions, "latest", isolation="read_uncommitted")
    rows = [
        {"target_topic": at.topic, "target_partition": at.partition, "start_offset": ends[at] or 0} for at in partitions
    ]
    return pa.Table.from_pylist([{**row, "next_target_offset": None} for row in rows], schema=POSITIONS)
