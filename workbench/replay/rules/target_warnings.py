"""Warnings about the target: its settings, its consumer groups, and where the records will lie."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.replay.dead_letter_marks import HOME_PARTITION
from workbench.replay.records.placement import HASHES
from workbench.replay.records.raw_rows import beside
from workbench.replay.records.replay_records import NOW
from workbench.replay.rules.rule import warning
from workbench.text import counted, duration_text, iso_text, number_text, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.model.selecting.selection import SelectedSource
    from workbench.replay.rules.planning_input import PlanningInput

_SHOWN = 5
_CONNECTOR = "connect-"
"""Kafka Connect puts it before the name of a sink connector, which gives the group that the connector reads with."""
CLOCK_TOLERANCE_MS = 1_000
PRODUCER_EXPIRY_MS = 86_400_000
"""Kafka's default of ``producer.id.expiration.ms``, counted by the time of a producer's last record."""


@warning("W-1")
def created(planning: PlanningInput) -> Iterator[str]:
    """Warn of the topics that the run creates, with their settings."""
    for topic in planning.records.new_topics:
        settings = dict(sorted(topic.config.items()))
        kept = duration_text(int(settings.pop("retention.ms")))
        shown = ", ".join(f"{name}={value}" for name, value in settings.items())
        yield (
            f"the run creates {topic.name} with {counted(topic.partitions, 'partition')}, where records are kept for "
            f"{kept} (retention.ms); {shown}."
        )


@warning("W-3")
def compacted(planning: PlanningInput) -> Iterator[str]:
    """Warn of a compacted target: what is sent becomes the newest value of its key."""
    for name, topic in planning.records.topic_facts.items():
        if topic.compacted:
            yield f"{name} is compacted: the values sent become the newest of their keys."


@warning("W-5")
def append_time(planning: PlanningInput) -> Iterator[str]:
    """Warn of a target whose broker overwrites timestamps."""
    for name in sorted(planning.records.append_time_topics):
        yield f"{name} overwrites timestamps (LogAppendTime): original times survive in headers only."


@warning("W-7")
def partitioning(planning: PlanningInput) -> Iterator[str]:
    """Warn of partitions that may not be those of the source."""
    records = planning.records
    policy = planning.options.partitions.policy
    letters = planning.options.mode == "redrive" and policy == "keep" and HOME_PARTITION in records.table.column_names
    homeless = planning.columns(HOME_PARTITION)[HOME_PARTITION].null_count if letters else 0
    if homeless:
        yield (
            f"{counted(homeless, 'dead letter')} {plural(homeless, 'does', 'do')} not tell the partition of the record "
            "that failed: it goes to the partition that its letter has."
        )
    # The topic of dead letters is not where their records were.
    for name, seqs in {} if letters else planning.target_rows.items():
        counts = {records.source_partitions(row) for row in records.first_rows(seqs)}
        count = records.topic_facts[name].partitions
        different = sorted(found for found in counts if found is not None and found != count)
        if count and different:
            yield f"{name} has {counted(count, 'partition')}, its source {' and '.join(map(str, different))}."
        if None in counts:
            yield f"the partition count of the source of {name} is not known."
    if policy in (*HASHES, "detected"):
        yield from _partitioners(planning, policy)
        keyless = planning.columns("key")["key"].null_count
        if keyless:
            yield f"{counted(keyless, 'record')} without a key, spread round robin."


def _partitioners(planning: PlanningInput, policy: str) -> Iterator[str]:
    """Tell which partitioner placed the keys of each source, unless it is the one of the plan."""
    for number, verdict in planning.records.partitioners.items():
        topic = planning.records.sources[number].topic
        looked = f"{number_text(verdict.keys)} keys of {topic}"
        if verdict.name == policy:
            continue
        if verdict.name in HASHES and policy == "detected":
            yield f"{looked} lie where {verdict.name} puts them ({verdict.share:.1%}), so it places them here."
        elif verdict.name in HASHES:
            yield f"{looked} lie where {verdict.name} puts them ({verdict.share:.1%}), the policy is {policy}."
        elif verdict.name == "mixed":
            shares = ", ".join(f"{name} {share:.0%}" for name, share in verdict.shares.items())
            yield f"{topic} has producers with several partitioners ({shares}); the policy is {policy}."
        else:
            yield f"it was not confirmed that the producers of {topic} partition by {policy}: {looked} do not tell."


@warning("W-10")
def aborted_attempts(planning: PlanningInput) -> Iterator[str]:
    """Warn that readers without read_committed may see records of an aborted transaction."""
    if planning.options.writer == "transactional" and planning.facts.groups:
        yield "readers with read_uncommitted may see attempts that were aborted."


@warning("W-14")
def unknown_groups(planning: PlanningInput) -> Iterator[str]:
    """Warn of consumer groups of which it is not known whether they read the target."""
    existing = any(planning.facts.topics[name].exists for name in planning.facts.target_topics)
    if existing and planning.facts.unclear_groups:
        shown = ", ".join(planning.facts.unclear_groups[:_SHOWN])
        more = ", …" if len(planning.facts.unclear_groups) > _SHOWN else ""
        yield f"whether these groups read the target could not be seen: {shown}{more}."


@warning("W-20")
def connectors(planning: PlanningInput) -> Iterator[str]:
    """Warn of sink connectors of Kafka Connect, which are known by the names of their groups."""
    for group in planning.facts.groups:
        name = group.group_id.removeprefix(_CONNECTOR)
        if name and name != group.group_id:
            read = ", ".join(sorted(group.committed)) or ", ".join(planning.facts.target_topics)
            yield (
                f"the sink connector {name} reads {read} (group {group.group_id}): it writes every record once more to "
                "its own target, and whether that leads back to a source topic (G-25) cannot be seen here."
            )


@warning("W-16")
def forgotten_producers(planning: PlanningInput) -> Iterator[str]:
    """Warn of kept times after which a broker forgets producers: it no longer recognises a repeated batch."""
    if planning.options.writer != "idempotent":
        return
    records = planning.records
    setting, expiry_ms = planning.facts.producer_expiry or (None, PRODUCER_EXPIRY_MS)
    source = f"the brokers' {setting}"
    if setting is None:
        source = "Kafka's default of producer.id.expiration.ms (the brokers' own setting could not be read)"
    for name, seqs in planning.target_rows.items():
        times = records.planned_timestamps[beside(seqs)]
        old = int(((times != NOW) & (times < planning.now_ms - expiry_ms)).sum())
        if old and name not in records.append_time_topics:
            keep = plural(old, "keeps", "keep")
            yield (
                f"{counted(old, 'record')} for {name} {keep} times older than {duration_text(expiry_ms, 'ms')}, "
                f"{source}: a broker that restarts forgets their writer, and cannot recognise a batch that is sent "
                "again. Use writer='transactional', or timestamps='now'."
            )


@warning("W-24")
def blind_brakes(planning: PlanningInput) -> Iterator[str]:
    """Warn of brakes that watch what is not there, as after a typing mistake."""
    options, facts = planning.options, planning.facts
    known = {group.group_id for group in facts.groups} | set(facts.unclear_groups)
    for name in options.brake_topics:
        topic = facts.topics.get(name)
        if topic is None or not topic.exists:
            yield f"the brake watches {name}, which does not exist: it holds nothing until the topic is there."
    for group in options.brake_groups:
        if group not in known:
            yield (
                f"the brake watches the group {group}, which does not read the target: all that is sent counts as its "
                "lag, and the run waits for it when the limit is reached."
            )


@warning("W-15")
def unknown_settings(planning: PlanningInput) -> Iterator[str]:
    """Warn of target settings that could not be read, so that their rules were not checked."""
    for name, topic in planning.records.topic_facts.items():
        if not topic.partitions:
            continue
        before, after = topic.accepted_range
        facts = {
            "retention.ms (G-11)": topic.retention_ms,
            "accepted timestamps (G-12)": None if before is None and after is None else 0,
            "max.message.bytes (G-13)": topic.number("max.message.bytes"),
            "cleanup.policy (G-14)": topic.config.get("cleanup.policy"),
            "message.timestamp.type": topic.timestamp_type,
        }
        unknown = [what for what, value in facts.items() if value is None]
        if unknown:
            yield f"settings of {name} could not be read, so these were not checked: {', '.join(unknown)}."


@warning("W-22")
def offset_reset(planning: PlanningInput) -> Iterator[str]:
    """Warn of a replay for which a group could read the source once more: it needs no copies in the log."""
    records, facts = planning.records, planning.facts
    numbers = np.unique(records.numbers("source_id")).tolist()
    source = records.sources[numbers[0]]
    if len(numbers) > 1 or len(facts.groups) != 1 or source.cluster_id != facts.cluster_id:
        return
    if facts.target_topics != [source.topic] or not _is_all_to_the_end(planning, source):
        return
    group, times = facts.groups[0].group_id, records.numbers("timestamp_ms")
    since = iso_text(int(times[times >= 0].min())) if (times >= 0).any() else "…"
    yield (
        f"these are all records of {source.topic} to its end, and {group} is the only group that reads them: "
        f"acts.reset_offsets({group!r}, '@{since}') lets it read them again while it has no members, and nothing is "
        "written twice."
    )


@warning("W-23")
def clocks(planning: PlanningInput) -> Iterator[str]:
    """Warn of a clock that differs from the cluster's: what is sent as of now, and what is too old, goes by it."""
    clock = planning.facts.clock_offset
    if clock is None:
        # Kept times do not come from this machine.
        if planning.options.timestamps != "keep":
            yield "whether this machine's clock is right could not be checked: the cluster does not tell its own time."
    elif abs(clock.offset_ms) - clock.error_ms > CLOCK_TOLERANCE_MS:
        apart, error = duration_text(abs(clock.offset_ms), "ms"), duration_text(clock.error_ms, "ms")
        which = "behind" if clock.offset_ms > 0 else "ahead of"
        yield (
            f"this machine's clock is {apart} {which} the cluster's (± {error}): times of sending, and the rules about "
            "age (G-11, G-12), go by it."
        )


def _is_all_to_the_end(planning: PlanningInput, source: SelectedSource) -> bool:
    """Tell whether the selected records of each partition follow each other to its end, beside markers."""
    partitions, offsets = (planning.records.numbers(name) for name in ("partition", "offset"))
    ends = planning.facts.topics[source.topic].end
    for number in np.unique(partitions).tolist():
        own = offsets[partitions == number]
        markers = number in source.transactional
        last, count = int(own.max()), int(own.max() - own.min()) + 1
        if last + 1 + markers < (ends.get(number) or 0) or (len(own) < count and not markers):
            return False
    return True
