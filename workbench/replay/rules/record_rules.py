"""Refusals of single records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.records.columns import MASKED_HEADER
from workbench.replay.dead_letter_marks import RESTORED
from workbench.replay.records.raw_rows import RawRows, beside
from workbench.replay.rewriting.schema_ids import schema_id
from workbench.replay.rules.rule import record_refusal
from workbench.replay.target.present import origins
from workbench.text import counted, number_text, size_text

if TYPE_CHECKING:
    from workbench.replay.rules.planning_input import PlanningInput


@record_refusal("G-8")
def carries_this_run(planning: PlanningInput) -> dict[int, str]:
    """Refuse a record that this same run wrote."""
    run = planning.facts.run_id
    return {seq: "carries this run's id" for seq, past in planning.records.histories.items() if run in past.runs}


@record_refusal("G-9", override="max_hops up to 5, where the count is a number")
def too_many_hops(planning: PlanningInput) -> dict[int, str]:
    """Refuse a record that was replayed too often, or whose count is not a number."""
    limit = planning.options.max_hops
    refused = {}
    for seq, past in planning.records.histories.items():
        if not past.count_valid:
            refused[seq] = "has an x-replay-count that is not a number"
        elif past.count >= limit:
            refused[seq] = f"was replayed {counted(past.count, 'time')}, max_hops is {limit}"
    return refused


@record_refusal("G-26", override="accept_repeats=True")
def sent_before(planning: PlanningInput) -> dict[int, str]:
    """Refuse a record that an earlier replay sent to the same target, as the tail of the target tells."""
    present = set(planning.facts.present)
    if not present or planning.options.accept_repeats:
        return {}
    wanted = pa.array([origin.encode() for origin in sorted(present)], pa.binary())
    hits = [pc.is_in(some, wanted).to_numpy(zero_copy_only=False) for some in origins(planning.records.table)]
    seqs = np.flatnonzero(np.concatenate(hits))
    return dict.fromkeys(seqs.tolist(), "is on the target already, sent by an earlier replay")


@record_refusal("G-13")
def too_large(planning: PlanningInput) -> dict[int, str]:
    """Refuse a record that needs a larger batch than the target accepts."""
    records = planning.records
    refused: dict[int, str] = {}
    for name, seqs in records.target_rows.items():
        limit = records.topic_facts[name].number("max.message.bytes")
        if limit is None:
            continue
        # The exact size encodes every header; only records whose upper bound is over the limit pay for it.
        for seq in seqs[records.batch_bounds[beside(seqs)] > limit].tolist():
            size = records.batch_size(seq)
            if size > limit:
                refused[seq] = f"needs a batch of {size_text(size)}, {name} takes {number_text(limit)}"
    return refused


@record_refusal("G-14")
def keyless_to_compacted(planning: PlanningInput) -> dict[int, str]:
    """Refuse a record without a key where the target is compacted: the broker rejects it."""
    records = planning.records
    refused: dict[int, str] = {}
    keyless = pc.is_null(records.raw_bodies.table["key"]).to_numpy()
    for name, seqs in records.target_rows.items():
        if records.topic_facts[name].compacted:
            refused |= dict.fromkeys(seqs[keyless[seqs]].tolist(), f"has no key and {name} is compacted")
    return refused


@record_refusal("G-17")
def not_whole(planning: PlanningInput) -> dict[int, str]:
    """Refuse a record whose raw bytes are missing, or that has a header name that cannot be written."""
    refused = dict.fromkeys(planning.records.rows.unwritable_names(), "has a header name that is not UTF-8")
    table = planning.records.table
    # A masked record with raw bytes has no mark among what is planned.
    masked = planning.records.rows.with_header(MASKED_HEADER.encode())
    rewritten = "; its raw bytes are kept, and are sent only as they are: without edits and new ids"
    kept = "" if planning.records.raw is None else rewritten
    refused |= dict.fromkeys(masked, f"was masked when it was captured{kept}")
    if "missing" in table.column_names:
        missing = table["missing"]
        seqs = np.flatnonzero(pc.is_valid(missing).to_numpy())
        refused |= {int(seq): f"is not whole: {missing[int(seq)].as_py()}" for seq in seqs}
    return refused


@record_refusal("G-16", override="schema_ids='keep', or new ids by old ones: schema_ids={17: 4}")
def schema_of_another_registry(planning: PlanningInput) -> dict[int, str]:
    """Refuse a value that begins with a schema id of another registry: readers would take another schema for it."""
    records, facts = planning.records, planning.facts
    if planning.options.schema_ids is not None:
        return {}
    here = facts.connection.schema_registry
    others = [
        number
        for number, source in records.sources.items()
        if source.cluster_id != facts.cluster_id and (here is None or source.registry != here)
    ]
    if not others:
        return {}
    framed = RawRows(records.raw_bodies.table).values_starting_with(b"\x00")
    rows = np.flatnonzero(framed)
    rows = rows[np.isin(records.numbers("source_id")[rows], others)]
    numbers = {int(row): schema_id(records.raw_bodies.table["value"][int(row)].as_py()) for row in rows}
    reason = "begins with schema id {}, which the registry of the target may give to another schema"
    return {row: reason.format(number) for row, number in numbers.items() if number is not None}


@record_refusal("G-18")
def not_restored(planning: PlanningInput) -> dict[int, str]:
    """Refuse to send a dead letter home as it is: the record that failed has to be restored from it first."""
    if planning.options.mode != "redrive":
        return {}
    table = planning.records.table
    rows = list(range(len(planning.records)))
    if RESTORED in table.column_names:
        rows = np.flatnonzero(~pc.fill_null(table[RESTORED], False).to_numpy()).tolist()
    return dict.fromkeys(rows, "is a dead letter and not the record that failed; make the draft with snap.redrive(…)")


@record_refusal("G-24")
def locked_fields(planning: PlanningInput) -> dict[int, str]:
    """Refuse an edit that changes ids, causes or the type, or that adds what the readers of the body forbid."""
    rewrites = planning.records.rewritten.rewrites
    refused = {row: f"has an edit of {names}" for row, names in rewrites.locked.items()}
    for row, names in rewrites.added.items():
        refused.setdefault(row, f"has an edit that adds {names}, which its readers refuse")
    return refused


@record_refusal("G-27")
def not_rewritten(planning: PlanningInput) -> dict[int, str]:
    """Refuse a record whose new ids, edit or schema id cannot be written into it."""
    return {
        row: f"cannot be rewritten: {reason}" for row, reason in planning.records.rewritten.rewrites.problems.items()
    }
