"""Refusals about the selected records as a whole: how they were captured, and how many they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.replay.rules.rule import refusal
from workbench.text import counted, number_text, size_text

if TYPE_CHECKING:
    from workbench.replay.rules.planning_input import PlanningInput


@refusal("G-10", override="accept_uncommitted=True")
def uncommitted_source(planning: PlanningInput) -> list[str]:
    """Refuse records that were read uncommitted from a partition with transactions: they may have been aborted."""
    if planning.options.accept_uncommitted:
        return []
    records = planning.records
    sources, partitions = planning.numbers("source_id"), planning.numbers("partition")
    found = []
    for number, source in records.sources.items():
        if source.isolation != "read_uncommitted" or not source.transactional:
            continue
        count = int(((sources == number) & np.isin(partitions, sorted(source.transactional))).sum())
        if count:
            found.append(
                f"{counted(count, 'record')} of {source.topic} were captured with read_uncommitted from partitions "
                "that have transactions, and may have been aborted; capture them with read_committed.",
            )
    return found


@refusal("G-19", override="a higher max_records= or max_bytes=")
def too_much(planning: PlanningInput) -> list[str]:
    """Refuse more records or bytes than ``max_records`` and ``max_bytes`` allow."""
    options, records = planning.options, planning.records
    count, size = len(records) - len(planning.left_out), int(records.sizes[planning.sent].sum())
    found = []
    if count > options.max_records:
        found.append(f"{counted(count, 'record')} are selected, max_records is {number_text(options.max_records)}.")
    if size > options.max_bytes:
        found.append(f"{size_text(size)} are selected, max_bytes is {number_text(options.max_bytes)}.")
    return found
