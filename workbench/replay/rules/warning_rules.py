"""What a plan warns of: true, allowed, and worth a look before confirming. Only what the facts at hand can tell."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from typing import TYPE_CHECKING

import pyarrow.compute as pc

from workbench.replay.records.placement import HASHES
from workbench.replay.records.replay_records import NOW
from workbench.replay.rules.planning_input import records
from workbench.replay.rules.time_rules import accepted_range

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.replay.rules.planning_input import PlanningInput

_SHOWN = 5
_TTL = re.compile(rb"[0-9]{1,12}\Z")


def warnings(case: PlanningInput) -> list[str]:
    """Every warning that applies, in a fixed order."""
    return [text for check in _CHECKS for text in check(case)]


def _tombstones(case: PlanningInput) -> Iterator[str]:
    """Deletes: null values with their keys."""
    material = case.material
    dead = material.records.filter(pc.is_null(material.records["value"]))
    if not dead.num_rows:
        return
    keys = pc.count_distinct(dead["key"], mode="only_valid").as_py()
    compacted = any(shape.compacted for shape in material.shapes.values())
    effect = "; on a compacted target each deletes its key" if compacted else ""
    yield f"{records(dead.num_rows)} are tombstones, of {keys:,} key{'' if keys == 1 else 's'}{effect}."


def _compacted(case: PlanningInput) -> Iterator[str]:
    for name, shape in case.material.shapes.items():
        if shape.compacted:
            yield f"{name} is compacted: the values sent become the newest of their keys."


def _same_event_twice(case: PlanningInput) -> Iterator[str]:
    ids = case.material.column("event_id") or []
    repeated = [event for event, count in Counter(filter(None, ids)).items() if count > 1]
    if repeated:
        shown = ", ".join(repeated[:_SHOWN]) + (", …" if len(repeated) > _SHOWN else "")
        yield f"{len(repeated):,} event id{'' if len(repeated) == 1 else 's'} occur more than once: {shown}."


def _append_time(case: PlanningInput) -> Iterator[str]:
    for name in sorted(case.material.overwritten):
        yield f"{name} overwrites timestamps (LogAppendTime): original times survive in headers only."


def _no_timestamp(case: PlanningInput) -> Iterator[str]:
    if case.options.timestamps == "keep":
        count = int((case.material.kept_times == NOW).sum())
        if count:
            yield f"{records(count)} have no timestamp and get the time of sending."


def _partitioning(case: PlanningInput) -> Iterator[str]:
    material = case.material
    for name, seqs in material.target_rows.items():
        counts = {material.source_partitions(row) for row in material.first_rows(seqs)}
        count = material.shapes[name].partitions
        different = sorted(found for found in counts if found is not None and found != count)
        if count and different:
            yield f"{name} has {count} partitions, its source {' and '.join(map(str, different))}."
        if None in counts:
            yield f"the partition count of the source of {name} is not known."
    policy = case.options.partitions.policy
    if policy in HASHES:
        yield f"it was not confirmed that the source's producers partition by {policy}."
        keyless = material.records["key"].null_count
        if keyless:
            yield f"{records(keyless)} have no key and are spread round robin."


def _non_uuid_ids(case: PlanningInput) -> Iterator[str]:
    conventions, ids = case.material.column("convention"), case.material.column("event_id")
    if conventions is None or ids is None:
        return
    odd = sum(
        1
        for convention, event in zip(conventions, ids, strict=True)
        if (convention or "").startswith("onex") and event is not None and not _is_uuid(event)
    )
    if odd:
        yield f"{records(odd)} carry event ids that are no UUIDs: ONEX readers replace them by random ones."


def _passed_ttl(case: PlanningInput) -> Iterator[str]:
    times = case.material.numbers("timestamp_ms")
    passed = {
        row
        for row, content in case.material.rows.named(b"ttl_seconds")
        if _TTL.match(content or b"") and 0 <= times[row] < case.now_ms - int(content or b"0") * 1000
    }
    if passed:
        yield (
            f"the time to live of {records(len(passed))} has passed: the replay sends them all the same, readers that "
            "honour it will skip them."
        )


def _aborted_attempts(case: PlanningInput) -> Iterator[str]:
    if case.options.writer == "transactional" and case.facts.groups:
        yield "readers with read_uncommitted may see attempts that were aborted."


def _mixed_dialects(case: PlanningInput) -> Iterator[str]:
    conventions, dialects = case.material.column("convention"), case.material.column("dialect")
    if conventions is None:
        return
    pairs = zip(conventions, dialects or [None] * len(conventions), strict=True)
    kinds = sorted({"/".join(filter(None, pair)) or "unrecognised" for pair in pairs})
    if len(kinds) > 1:
        yield f"the selection mixes conventions: {', '.join(kinds[:_SHOWN])}{', …' if len(kinds) > _SHOWN else ''}."


def _gaps(case: PlanningInput) -> Iterator[str]:
    used = set(pc.unique(case.material.records["source_id"]).to_pylist())
    for number, source in sorted(case.material.sources.items()):
        if number in used and source.gaps:
            yield f"the capture of {source.topic} has {source.gaps} gap{'' if source.gaps == 1 else 's'}."


def _unknown_isolation(case: PlanningInput) -> Iterator[str]:
    used = set(pc.unique(case.material.records["source_id"]).to_pylist())
    for number, source in sorted(case.material.sources.items()):
        if number in used and source.isolation not in ("read_committed", "read_uncommitted"):
            yield f"how {source.topic} was read is not known: aborted records may be among the selected ones (G-10)."


def _unknown_groups(case: PlanningInput) -> Iterator[str]:
    existing = any(case.facts.topics[name].exists for name in case.facts.target_topics)
    if existing and case.facts.unclear_groups:
        shown = ", ".join(case.facts.unclear_groups[:_SHOWN])
        more = ", …" if len(case.facts.unclear_groups) > _SHOWN else ""
        yield f"whether these groups read the target could not be seen: {shown}{more}."


def _unknown_settings(case: PlanningInput) -> Iterator[str]:
    for name, shape in case.material.shapes.items():
        if not shape.partitions:
            continue
        before, after = accepted_range(shape)
        facts = {
            "retention.ms (G-11)": shape.retention_ms,
            "accepted timestamps (G-12)": None if before is None and after is None else 0,
            "max.message.bytes (G-13)": shape.number("max.message.bytes"),
            "cleanup.policy (G-14)": shape.config.get("cleanup.policy"),
            "message.timestamp.type": shape.timestamp_type,
        }
        unknown = [what for what, value in facts.items() if value is None]
        if unknown:
            yield f"settings of {name} could not be read, so these were not checked: {', '.join(unknown)}."


def _created(case: PlanningInput) -> Iterator[str]:
    for topic in case.material.creates:
        settings = ", ".join(f"{name}={value}" for name, value in sorted(topic.config.items()))
        yield f"the run creates {topic.name} with {topic.partitions} partitions, {settings}."


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


_CHECKS = (
    _created,
    _tombstones,
    _compacted,
    _same_event_twice,
    _append_time,
    _no_timestamp,
    _partitioning,
    _non_uuid_ids,
    _passed_ttl,
    _aborted_attempts,
    _mixed_dialects,
    _gaps,
    _unknown_isolation,
    _unknown_groups,
    _unknown_settings,
)
