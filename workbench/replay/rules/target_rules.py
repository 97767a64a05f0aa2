"""Refusals about where a replay goes: its topic, its readers, the right to write there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.replay.rules.planning_input import records
from workbench.replay.target.creation import is_dead_letter

if TYPE_CHECKING:
    from workbench.replay.rules.planning_input import PlanningInput


def same_topic(case: PlanningInput) -> list[str]:
    """G-1: a target is the topic of a selected record, by cluster id and physical name.

    An imported source whose cluster id is not known counts as being on the target's cluster.
    """
    facts = case.facts
    numbers = np.unique(case.material.numbers("source_id")).tolist()
    used = [case.material.sources[number] for number in numbers]
    here = {source.topic for source in used if source.cluster_id in (facts.cluster_id, "")}
    same = [topic for topic in facts.target_topics if topic in here]
    if case.options.allow_same_topic and case.options.headers == "provenance":
        return []
    why = "; headers='exact' leaves no mark to stop a loop" if case.options.allow_same_topic else ""
    return [f"{topic} is the target and the topic of selected records{why}." for topic in same]


def dead_letter_to_dead_letter(case: PlanningInput) -> list[str]:
    """G-2: dead letters would be sent to a dead-letter topic."""
    targets = [name for name in case.facts.target_topics if is_dead_letter(name)]
    if not targets:
        return []
    origins = case.material.column("origin")
    found = []
    for name in targets:
        seqs = case.material.target_rows[name].tolist()
        count = sum(
            is_dead_letter(case.material.topics[seq])
            or (origins is not None and is_dead_letter((origins[seq] or {}).get("topic") or ""))
            for seq in seqs
        )
        if count:
            found.append(f"{name} is a dead-letter topic and {records(count)} come from one; choose another target.")
    return found


def read_only(case: PlanningInput) -> list[str]:
    """G-3: the connection may not write."""
    if not case.facts.connection.read_only:
        return []
    return ["this connection is read-only; run the plan on one opened with connect(…, write=True, reason=…)."]


def protected(case: PlanningInput) -> list[str]:
    """G-4: a protected target wants its physical name typed."""
    wanted = case.facts.target_topics
    if not case.facts.connection.needs_typed_name or case.typed == frozenset(wanted):
        return []
    typed = f", typed was {', '.join(sorted(case.typed))}" if case.typed else ""
    names = ", ".join(wanted)
    return [f"the target is protected{typed}; type its physical name: run(plan, confirm=…, target={names!r})."]


def missing_target(case: PlanningInput) -> list[str]:
    """G-5: a topic named by the user does not exist, or the run's own target does already."""
    facts, made = case.facts, {topic.name for topic in case.material.creates}
    absent = [
        f"the target {name} does not exist on this cluster."
        for name in facts.target_topics
        if not facts.topics[name].exists and name not in made
    ]
    taken = [
        f"the run's own target {name} exists already; plan again for another name."
        for name in facts.target_topics
        if not facts.named and facts.topics[name].exists
    ]
    return absent + taken


def live_groups(case: PlanningInput) -> list[str]:
    """G-6: groups read the target, or have committed offsets on it, and are not exactly those accepted."""
    found = {group.group_id: group for group in case.facts.groups}
    accepted = set(case.options.accept_groups)
    if set(found) == accepted:
        return []
    described = ", ".join(f"{group.group_id} ({group.state}, {group.members} members)" for group in found.values())
    if not accepted:
        return [f"the target has consumer groups, which would process every record: {described}."]
    return [f"accepted groups are {', '.join(sorted(accepted))}, found on the target: {described or 'none'}."]


def missing_partition(case: PlanningInput) -> list[str]:
    """G-15: the policy leads to a partition that the target has not got."""
    found = []
    for name, seqs in case.material.target_rows.items():
        count = case.material.shapes[name].partitions
        lost = int((case.material.target_partitions[seqs] < 0).sum())
        if count and lost:
            found.append(
                f"{records(lost)} would go to a partition that {name} lacks: it has {count}, the policy is "
                f"{case.options.partitions.policy}.",
            )
    return found


def earlier_run_in_doubt(case: PlanningInput) -> list[str]:
    """G-21: the end of an earlier run on this target is not known."""
    return [
        f"run {run} on this target is in doubt; look at its ledger, then abandon it." for run in case.facts.in_doubt
    ]
