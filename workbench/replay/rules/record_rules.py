"""Refusals of single records: a reason for each seq."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

if TYPE_CHECKING:
    from workbench.replay.rules.planning_input import PlanningInput


def carries_this_run(case: PlanningInput) -> dict[int, str]:
    """G-8: the record was written by this very run."""
    run = case.facts.run_id
    return {seq: "carries this run's id" for seq, marks in case.material.marks.items() if run in marks.runs}


def too_many_hops(case: PlanningInput) -> dict[int, str]:
    """G-9: the record was replayed too often, or its count is no number."""
    limit = case.options.max_hops
    refused = {}
    for seq, marks in case.material.marks.items():
        if not marks.count_valid:
            refused[seq] = "has an x-replay-count that is not a number"
        elif marks.count >= limit:
            refused[seq] = f"was replayed {marks.count} times, max_hops is {limit}"
    return refused


def too_large(case: PlanningInput) -> dict[int, str]:
    """G-13: the record alone in a batch is larger than the target takes."""
    material = case.material
    refused: dict[int, str] = {}
    for name, seqs in material.target_rows.items():
        limit = material.shapes[name].number("max.message.bytes")
        if limit is None:
            continue
        for seq in seqs[material.batch_bounds[seqs] > limit].tolist():
            size = material.batch_size(seq)
            if size > limit:
                refused[seq] = f"needs a batch of {size:,} bytes, {name} takes {limit:,}"
    return refused


def keyless_to_compacted(case: PlanningInput) -> dict[int, str]:
    """G-14: a compacted topic rejects records without a key."""
    material = case.material
    refused: dict[int, str] = {}
    keyless = pc.is_null(material.records["key"]).to_numpy()
    for name, seqs in material.target_rows.items():
        if material.shapes[name].compacted:
            refused |= dict.fromkeys(seqs[keyless[seqs]].tolist(), f"has no key and {name} is compacted")
    return refused


def not_whole(case: PlanningInput) -> dict[int, str]:
    """G-17: the raw bytes are not there, or a header name cannot be written."""
    refused = dict.fromkeys(case.material.rows.unwritable_names(), "has a header name that is not UTF-8")
    missing = case.material.column("missing")
    if missing is not None:
        whole = np.asarray([reason is None for reason in missing])
        refused |= {seq: f"is not whole: {missing[seq]}" for seq in np.flatnonzero(~whole).tolist()}
    return refused
