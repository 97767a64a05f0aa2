"""Refusals about the target: its topics, its consumer groups, and the right to write to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.replay.draft import CAUSED
from workbench.replay.records.raw_rows import beside
from workbench.replay.rules.rule import refusal
from workbench.replay.target.facts import differences
from workbench.store.journal import WAY_ON
from workbench.text import counted

if TYPE_CHECKING:
    from workbench.replay.rules.planning_input import PlanningInput


@refusal("G-1", override="allow_same_topic=True, with provenance headers")
def same_topic(planning: PlanningInput) -> list[str]:
    """Refuse a target that is the topic of a selected record, by cluster id and physical name.

    An imported source whose cluster id is not known counts as being on the target's cluster.
    """
    facts = planning.facts
    here = {source.topic for source in planning.sources if source.cluster_id in (facts.cluster_id, "")}
    same = [topic for topic in facts.target_topics if topic in here]
    if planning.options.allow_same_topic and planning.options.headers != "exact":
        return []
    why = "; headers='exact' leaves no mark to stop a loop" if planning.options.allow_same_topic else ""
    return [f"{topic} is the target and the topic of selected records{why}." for topic in same]


@refusal("G-2")
def dead_letter_to_dead_letter(planning: PlanningInput) -> list[str]:
    """Refuse to send dead letters to a dead-letter topic."""
    targets = [name for name in planning.facts.target_topics if is_dead_letter_topic(name)]
    if not targets:
        return []
    origins = planning.records.column("origin")
    found = []
    for name in targets:
        seqs = pa.array(planning.target_rows[name])
        topics = pc.value_counts(planning.records.table["topic"].take(seqs)).to_pylist()
        count = sum(item["counts"] for item in topics if is_dead_letter_topic(item["values"]))
        if origins is not None and not count:
            chosen = (origins[seq] or {} for seq in seqs.to_pylist())
            count = sum(is_dead_letter_topic(origin.get("topic") or "") for origin in chosen)
        if count:
            found.append(
                f"{name} is a dead-letter topic and {counted(count, 'record')} come from one; choose another target."
            )
    return found


@refusal("G-3", at_run=True)
def read_only(planning: PlanningInput) -> list[str]:
    """Refuse a connection that may not write."""
    if not planning.facts.connection.read_only:
        return []
    way_out = "run the plan on one opened with connect(…, write=True, reason=…), on the command line with --reason"
    return [f"this connection is read-only; {way_out}."]


@refusal("G-4", at_run=True)
def protected(planning: PlanningInput) -> list[str]:
    """Refuse a protected target until its physical name was typed, by whatever connection the plan is run."""
    wanted = planning.facts.target_topics
    guarded = planning.facts.connection.needs_typed_name or planning.planned.connection.needs_typed_name
    if not guarded or planning.typed == frozenset(wanted):
        return []
    typed = f", typed was {', '.join(sorted(planning.typed))}" if planning.typed else ""
    names = ", ".join(wanted)
    how = f"run(plan, confirm=…, target={names!r}), on the command line --confirm-target {','.join(wanted)}"
    return [f"the target is protected{typed}; type its physical name: {how}."]


@refusal("G-5", override="create_target=True")
def missing_target(planning: PlanningInput) -> list[str]:
    """Refuse a named target that does not exist, and a default target that exists already."""
    facts, made = planning.facts, {topic.name for topic in planning.records.new_topics}
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


@refusal("G-6", override="accept_groups=[…] with exactly these groups")
def live_groups(planning: PlanningInput) -> list[str]:
    """Refuse a target whose consumer groups, with members or committed offsets, are not exactly the accepted ones."""
    found = {group.group_id: group for group in planning.facts.groups}
    accepted = set(planning.options.accept_groups)
    if set(found) == accepted:
        return []
    described = ", ".join(
        f"{group.group_id} ({group.state}, {counted(group.members, 'member')})" for group in found.values()
    )
    if not accepted:
        return [f"the target has consumer groups, which would process every record: {described}."]
    return [f"accepted groups are {', '.join(sorted(accepted))}, found on the target: {described or 'none'}."]


@refusal("G-7")
def changed_target(planning: PlanningInput) -> list[str]:
    """Refuse a target whose cluster, topic ids, partitions or timestamp types are not the planned ones."""
    return [f"{change}; plan again." for change in differences(planning.planned, planning.facts)]


@refusal("G-15", override="another partitions= policy")
def missing_partition(planning: PlanningInput) -> list[str]:
    """Refuse a partition policy that leads to a partition that the target does not have."""
    found = []
    for name, seqs in planning.target_rows.items():
        count = planning.records.topic_facts[name].partitions
        lost = int((planning.records.target_partitions[beside(seqs)] < 0).sum())
        if count and lost:
            found.append(
                f"{counted(lost, 'record')} would go to a partition that {name} lacks: it has {count}, the policy is "
                f"{planning.options.partitions.policy}.",
            )
    return found


@refusal("G-20")
def only_by_http(planning: PlanningInput) -> list[str]:
    """Refuse to write through an HTTP proxy: it keeps neither header bytes nor transactions."""
    if not planning.facts.connection.via_http:
        return []
    return ["the cluster is reached through its HTTP proxy; connect to its brokers to write."]


@refusal("G-22", override="accept_groups=[…] with exactly these groups, or mode='stimulus' to send the roots only")
def effects_twice(planning: PlanningInput) -> list[str]:
    """Refuse to send causes and their effects to live consumers, which make the effects again."""
    found = {group.group_id for group in planning.facts.groups}
    if not found or found == set(planning.options.accept_groups) or planning.options.mode != "recording":
        return []
    caused = sum(pc.sum(column).as_py() or 0 for column in planning.columns(CAUSED).columns)
    if not caused:
        return []
    groups = ", ".join(sorted(found))
    twice = f"{counted(caused, 'record')} were caused by other selected ones, and {groups} would cause them once more"
    return [f"{twice}; snap.replay(…, mode='stimulus') sends the roots only."]


@refusal("G-25", override="accept_cycle=True, with provenance headers")
def cycle(planning: PlanningInput) -> list[str]:
    """Refuse a target that a transform reads to write to a source topic: the replay would come back as new records."""
    options, facts = planning.options, planning.facts
    if options.accept_cycle and options.headers != "exact":
        return []
    here = {source.topic for source in planning.sources if source.cluster_id in (facts.cluster_id, "")}
    found = []
    for target in facts.target_topics:
        way, reached = [], {target}
        # Each pass follows one more transform; there are no more steps than transforms.
        for _ in facts.connection.pipelines:
            for one in facts.connection.pipelines:
                if one.source in reached and one.name not in way:
                    way.append(one.name)
                    reached |= set(one.outputs)
        back = sorted((reached - {target}) & (here | {target}))
        if back:
            found.append(f"{', '.join(way)} read {target} and write to {', '.join(back)}, a source of this replay.")
    return found


@refusal("G-21")
def earlier_run_in_doubt(planning: PlanningInput) -> list[str]:
    """Refuse a target on which the result of an earlier run is not known."""
    return [
        f"run {run} on this target is in doubt. {WAY_ON.format(run=run.partition(' ')[0])}."
        for run in planning.facts.in_doubt
    ]
