"""Refusals about times: timestamps that the target expires or rejects, and a plan that is too old."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.replay.records.raw_rows import beside
from workbench.replay.records.replay_records import NOW
from workbench.replay.rules.rule import refusal
from workbench.text import counted, duration_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.replay.records.replay_records import Longs
    from workbench.replay.rules.planning_input import PlanningInput
    from workbench.replay.target.facts import TopicFacts

VALID_FOR_MS = 3_600_000
"""A plan can be run for one hour."""


@refusal("G-11", override="timestamps='now' or 'shift', or accept_expiry=True")
def expired(planning: PlanningInput) -> list[str]:
    """Refuse timestamps older than the target's retention: the broker may delete such records at its next cleaning."""
    if planning.options.accept_expiry:
        return []
    found = []
    for name, topic, times in _original_timestamps(planning):
        retention = topic.retention_ms
        if retention is None or retention < 0:
            continue
        count = int((times < planning.now_ms - retention).sum())
        if count:
            kept = duration_text(retention)
            found.append(f"{counted(count, 'record')} older than {name} keeps records: {kept} (retention.ms).")
    return found


@refusal("G-12", override="timestamps='now' or 'shift'")
def out_of_range(planning: PlanningInput) -> list[str]:
    """Refuse timestamps that the broker of the target rejects."""
    found = []
    for name, topic, times in _original_timestamps(planning):
        before, after = topic.accepted_range
        early = 0 if before is None else int((times < planning.now_ms - before).sum())
        late = 0 if after is None else int((times > planning.now_ms + after).sum())
        if early:
            limit = duration_text(before, "ms")
            found.append(f"{counted(early, 'record')} further in the past than {name} accepts ({limit}).")
        if late:
            limit = duration_text(after, "ms")
            found.append(f"{counted(late, 'record')} further in the future than {name} accepts ({limit}).")
    return found


@refusal("G-23")
def too_old(planning: PlanningInput) -> list[str]:
    """Refuse a plan that was made more than an hour ago."""
    age = planning.age_ms
    if age <= VALID_FOR_MS:
        return []
    shown = duration_text(age, smallest="s")
    return [f"the plan is {shown} old and was good for {duration_text(VALID_FOR_MS)}; plan again."]


def _original_timestamps(planning: PlanningInput) -> Iterator[tuple[str, TopicFacts, Longs]]:
    """Name, facts and planned timestamps of each target that stores the timestamps it is sent."""
    records = planning.records
    for name, seqs in planning.target_rows.items():
        if name not in records.append_time_topics:
            times = records.planned_timestamps[beside(seqs)]
            yield name, records.topic_facts[name], times if (times != NOW).all() else times[times != NOW]
