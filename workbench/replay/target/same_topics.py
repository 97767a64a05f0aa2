"""Tells whether the targets of a run are still the topics that were planned, by their ids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.replay.target.facts import TargetFacts
from workbench.replay.target.fetching import topic_facts

if TYPE_CHECKING:
    from workbench.bus.protocols import RecordLog
    from workbench.store.journal import RunRow


async def gone_targets(log: RecordLog, row: RunRow) -> list[str]:
    """Say which targets of a run were deleted, or deleted and created again, since the plan was made.

    What the run wrote to such a topic is gone, and its offsets mean other records now. A topic that the run itself
    created has no planned id.
    """
    planned = TargetFacts.from_json(row.plan["facts"]).topics
    found = []
    for name, topic in (await topic_facts(log, row.target_topics)).items():
        before = planned[name].topic_id
        if not topic.exists:
            found.append(f"{name} does not exist any more: what the run wrote to it is gone")
        elif None not in (before, topic.topic_id) and before != topic.topic_id:
            found.append(f"{name} was deleted and created again: what the run wrote to it before is gone")
    return found
