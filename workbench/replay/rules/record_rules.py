"""Refusals of single records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from workbench.buffers.mapped import batches_of
from workbench.model.records.columns import MASKED_HEADER
from workbench.replay.dead_letter_marks import RESTORED
from workbench.replay.records.past_replays import NO_COUNT
from workbench.replay.records.raw_rows import beside
from workbench.replay.rewriting.schema_ids import schema_ids
from workbench.replay.rules.refused import NO_SEQS, RefusedRecords
from workbench.replay.rules.rule import record_refusal
from workbench.replay.target.present import rows_among
from workbench.text import counted, number_text, size_text

if TYPE_CHECKING:
    import pyarrow as pa

    from workbench.replay.rules.planning_input import PlanningInput


@record_refusal("G-8")
def carries_this_run(planning: PlanningInput) -> RefusedRecords:
    """Refuse a record that this same run wrote."""
    past = planning.records.past
    return RefusedRecords.alike(past.rows[past.marks_of(planning.facts.run_id)], "carries this run's id")


@record_refusal("G-9", override="max_hops up to 5, where the count is a number")
def too_many_hops(planning: PlanningInput) -> RefusedRecords:
    """Refuse a record that was replayed too often, or whose count is not a number."""
    limit, past = planning.options.max_hops, planning.records.past
    over = (past.counts >= limit) | (past.counts == NO_COUNT)
    seqs, counts = past.rows[over], past.counts[over]

    def reason(seq: int) -> str:
        count = int(counts[np.searchsorted(seqs, seq)])
        if count == NO_COUNT:
            return "has an x-replay-count that is not a number"
        return f"was replayed {counted(count, 'time')}, max_hops is {limit}"

    return RefusedRecords(seqs, counts, reason)


@record_refusal("G-26", override="accept_repeats=True")
def sent_before(planning: PlanningInput) -> RefusedRecords:
    """Refuse a record that an earlier replay sent to the same target, as the tail of the target tells."""
    present = () if planning.options.accept_repeats else planning.facts.present
    hits = rows_among(planning.records.table, present)
    return RefusedRecords.alike(hits, "is on the target already, sent by an earlier replay")


@record_refusal("G-13")
def too_large(planning: PlanningInput) -> RefusedRecords:
    """Refuse a record that needs a larger batch than the target accepts."""
    records = planning.records
    limits = {
        name: limit
        for name in records.target_rows
        if (limit := records.topic_facts[name].number("max.message.bytes")) is not None
    }
    refused = [NO_SEQS]
    for name, limit in limits.items():
        seqs = records.target_rows[name]
        sizes, bounds = records.sizes[beside(seqs)], records.batch_bounds[beside(seqs)]
        # The exact size encodes every header; only records that are near the limit pay for it.
        large = sizes > limit
        near = [at for at in np.flatnonzero((bounds > limit) & ~large) if records.batch_size(int(seqs[at])) > limit]
        large[near] = True
        refused.append(seqs[large])
    seqs = np.sort(np.concatenate(refused))

    def reason(seq: int) -> str:
        name = records.target_topic(seq)
        return f"needs a batch of {size_text(records.batch_size(seq))}, {name} takes {number_text(limits[name])}"

    return RefusedRecords(seqs, records.sizes[seqs], reason)


@record_refusal("G-14")
def keyless_to_compacted(planning: PlanningInput) -> RefusedRecords:
    """Refuse a record without a key where the target is compacted: the broker rejects it."""
    records = planning.records
    keyless = pc.is_null(records.raw_bodies.table["key"]).to_numpy()
    rows = [seqs[keyless[seqs]] for name, seqs in records.target_rows.items() if records.topic_facts[name].compacted]
    seqs = np.sort(np.concatenate([NO_SEQS, *rows]))
    numbers = records.target_numbers[seqs].astype(np.int64)
    return RefusedRecords(seqs, numbers, lambda seq: f"has no key and {records.target_topic(seq)} is compacted")


@record_refusal("G-17")
def not_whole(planning: PlanningInput) -> RefusedRecords:
    """Refuse a record whose raw bytes are missing, or that has a header name that cannot be written."""
    table, rows = planning.records.table, planning.records.rows
    # A masked record with raw bytes has no mark among what is planned.
    masked = rows.with_header(MASKED_HEADER.encode())
    rewritten = "; its raw bytes are kept, and are sent only as they are: without edits and new ids"
    kept = "" if planning.records.raw is None else rewritten
    parts = [RefusedRecords.alike(masked, f"was masked when it was captured{kept}")]
    if "missing" in table.column_names:
        parts.insert(0, _missing(table["missing"]))
    parts.append(RefusedRecords.alike(rows.unwritable_names(), "has a header name that is not UTF-8"))
    return RefusedRecords.joined(parts)


def _missing(column: pa.ChunkedArray) -> RefusedRecords:
    seqs = np.flatnonzero(pc.is_valid(column).to_numpy())
    kinds = column.drop_null().combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
    return RefusedRecords(seqs, kinds, lambda seq: f"is not whole: {column[seq].as_py()}")


@record_refusal("G-16", override="schema_ids='keep', or new ids by old ones: schema_ids={17: 4}")
def schema_of_another_registry(planning: PlanningInput) -> RefusedRecords:
    """Refuse a value that begins with a schema id of another registry: readers would take another schema for it."""
    records, facts = planning.records, planning.facts
    here = facts.connection.schema_registry
    others = [
        number
        for number, source in records.sources.items()
        if source.cluster_id != facts.cluster_id and (here is None or source.registry != here)
    ]
    if not others or planning.options.schema_ids is not None:
        return RefusedRecords.alike(NO_SEQS, "")
    values = records.raw_bodies.table.select(["value"])
    ids = np.concatenate([NO_SEQS, *(schema_ids(batch.column(0)) for batch in batches_of(values))])
    seqs = np.flatnonzero((ids >= 0) & np.isin(records.numbers("source_id"), others))
    numbers = ids[seqs]

    def reason(seq: int) -> str:
        number = int(numbers[np.searchsorted(seqs, seq)])
        return f"begins with schema id {number}, which the registry of the target may give to another schema"

    return RefusedRecords(seqs, numbers, reason)


@record_refusal("G-18")
def not_restored(planning: PlanningInput) -> RefusedRecords:
    """Refuse to send a dead letter home as it is: the record that failed has to be restored from it first."""
    table = planning.records.table
    rows = np.arange(len(planning.records)) if planning.options.mode == "redrive" else NO_SEQS
    if RESTORED in table.column_names:
        rows = rows[~pc.fill_null(table[RESTORED], False).to_numpy()[rows]]
    return RefusedRecords.alike(
        rows, "is a dead letter and not the record that failed; make the draft with snap.redrive(…)"
    )


@record_refusal("G-24")
def locked_fields(planning: PlanningInput) -> RefusedRecords:
    """Refuse an edit that changes ids, causes or the type, or that adds what the readers of the body forbid."""
    forbidden = planning.records.rewritten.rewrites.forbidden
    return RefusedRecords(*forbidden.by_row(), forbidden.text)


@record_refusal("G-27")
def not_rewritten(planning: PlanningInput) -> RefusedRecords:
    """Refuse a record whose new ids, edit or schema id cannot be written into it."""
    problems = planning.records.rewritten.rewrites.problems
    return RefusedRecords(*problems.by_row(), problems.text)
