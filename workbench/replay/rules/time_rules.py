"""Refusals about times, amounts and how the source was read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.replay.records.replay_records import NOW
from workbench.replay.rules.planning_input import records

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.replay.records.replay_records import Longs
    from workbench.replay.rules.planning_input import PlanningInput
    from workbench.replay.target.facts import TopicFacts

GOOD_FOR_MS = 3_600_000
"""A plan is good for one hour."""


def uncommitted_source(case: PlanningInput) -> list[str]:
    """G-10: records were read uncommitted from a partition that has transactions; they may have been aborted."""
    if case.options.accept_uncommitted:
        return []
    material = case.material
    sources, partitions = material.numbers("source_id"), material.numbers("partition")
    found = []
    for number, source in material.sources.items():
        if source.isolation != "read_uncommitted" or not source.transactional:
            continue
        count = int(((sources == number) & np.isin(partitions, sorted(source.transactional))).sum())
        if count:
            found.append(
                f"{records(count)} of {source.topic} were captured with read_uncommitted from partitions that have "
                "transactions, and may have been aborted; capture them with read_committed.",
            )
    return found


def expired(case: PlanningInput) -> list[str]:
    """G-11: kept timestamps are older than the target's retention; the broker may delete them at its next cleaning."""
    if case.options.accept_expiry:
        return []
    found = []
    for name, shape, times in _kept(case):
        retention = shape.retention_ms
        if retention is None or retention < 0:
            continue
        count = int((times < case.now_ms - retention).sum())
        if count:
            found.append(f"{records(count)} are older than retention.ms={retention} of {name} allows.")
    return found


def out_of_range(case: PlanningInput) -> list[str]:
    """G-12: kept timestamps that the broker of the target rejects."""
    found = []
    for name, shape, times in _kept(case):
        before, after = accepted_range(shape)
        early = 0 if before is None else int((times < case.now_ms - before).sum())
        late = 0 if after is None else int((times > case.now_ms + after).sum())
        if early:
            found.append(f"{records(early)} are further in the past than {name} accepts ({before} ms).")
        if late:
            found.append(f"{records(late)} are further in the future than {name} accepts ({after} ms).")
    return found


def accepted_range(shape: TopicFacts) -> tuple[int | None, int | None]:
    """Milliseconds before and after now that a topic accepts; None where it sets no limit or it is not known."""
    both = shape.number("message.timestamp.difference.max.ms")
    before = shape.number("message.timestamp.before.max.ms")
    after = shape.number("message.timestamp.after.max.ms")
    return both if before is None else before, both if after is None else after


def _kept(case: PlanningInput) -> Iterator[tuple[str, TopicFacts, Longs]]:
    for name, seqs in case.material.target_rows.items():
        times = case.material.kept_times[seqs]
        if name not in case.material.overwritten:
            yield name, case.material.shapes[name], times[times != NOW]


def too_much(case: PlanningInput) -> list[str]:
    """G-19: more records or bytes than the plan may have."""
    options, material = case.options, case.material
    size = int(material.sizes.sum())
    found = []
    if len(material) > options.max_records:
        found.append(f"{records(len(material))} are selected, max_records is {options.max_records:,}.")
    if size > options.max_bytes:
        found.append(f"{size:,} bytes are selected, max_bytes is {options.max_bytes:,}.")
    return found


def too_old(case: PlanningInput) -> list[str]:
    """G-23: a plan is good for one hour."""
    age = case.now_ms - case.planned_at_ms
    if age <= GOOD_FOR_MS:
        return []
    return [f"the plan is {age // 60_000} minutes old and was good for {GOOD_FOR_MS // 60_000}; plan again."]
