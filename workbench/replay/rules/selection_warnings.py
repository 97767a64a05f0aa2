"""Warnings about the selected records: their keys, ids, times and conventions, and how they were captured."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.known_texts import among, distinct, marks_of
from workbench.buffers.mapped import batches_of
from workbench.replay.records.replay_records import NOW
from workbench.replay.rewriting.rewrites import TRACE
from workbench.replay.rules.rule import warning
from workbench.replay.rules.times_to_live import passed
from workbench.text import and_more, counted, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.replay.rules.planning_input import PlanningInput

_SHOWN = 5
_UUID = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$"


@warning("W-2")
def tombstones(planning: PlanningInput) -> Iterator[str]:
    """Warn of tombstones: null values, which delete their keys on a compacted topic."""
    records = planning.records
    sent = planning.columns("key", "value")
    dead = sent.select(["key"]).filter(pc.is_null(sent["value"]))
    if not dead.num_rows:
        return
    keys = distinct(dead, "key")
    compacted = any(topic.compacted for topic in records.topic_facts.values())
    effect = "; on a compacted target each deletes its key" if compacted else ""
    yield f"{counted(dead.num_rows, 'tombstone')} of {counted(keys, 'key')}{effect}."


@warning("W-4")
def same_event_twice(planning: PlanningInput) -> Iterator[str]:
    """Warn of an event id that occurs more than once."""
    table = planning.columns("event_id")
    if not table.column_names:
        return
    marks = marks_of(table, "event_id")
    twice = np.unique(marks[1:][marks[1:] == marks[:-1]])
    if not len(twice):
        return
    # Only these are compared as texts.
    batches = (batch.column(0) for batch in batches_of(table.select(["event_id"])))
    repeats = [ids.filter(pa.array(among(ids, twice))) for ids in batches]
    counts = pc.value_counts(pa.chunked_array(repeats, pa.string()))
    more = counts.filter(pc.greater(counts.field("counts"), 1))
    repeated = [event for event in more.field("values").to_pylist() if event]
    if repeated:
        shown = ", ".join(repeated[:_SHOWN]) + and_more(len(repeated) - _SHOWN)
        yield f"{counted(len(repeated), 'event id')} more than once: {shown}."


@warning("W-6")
def no_timestamp(planning: PlanningInput) -> Iterator[str]:
    """Warn of records without a timestamp."""
    if planning.options.timestamps == "keep":
        count = int((planning.records.planned_timestamps[planning.sent] == NOW).sum())
        if count:
            yield f"{counted(count, 'record')} without a timestamp, sent with the time of sending."


@warning("W-8")
def non_uuid_ids(planning: PlanningInput) -> Iterator[str]:
    """Warn of event ids that are not UUIDs, where ONEX readers expect UUIDs."""
    table = planning.columns("convention", "event_id")
    if table.num_columns < 2:  # noqa: PLR2004 - both
        return
    odd = 0
    for batch in batches_of(table):
        onex = pc.fill_null(pc.starts_with(batch.column(0).cast(pa.string()), "onex"), False)
        ids = batch.column(1).filter(onex).drop_null()
        # Most ids are written in the usual form; only the others are looked at one by one.
        unusual = ids.filter(pc.invert(pc.match_substring_regex(ids, _UUID)))
        odd += sum(not _is_uuid(event) for event in unusual.to_pylist())
    if odd:
        carry = plural(odd, "carries", "carry")
        yield f"{counted(odd, 'record')} {carry} event ids that are no UUIDs: ONEX readers replace them by random ones."


@warning("W-9")
def passed_ttl(planning: PlanningInput) -> Iterator[str]:
    """Warn of events whose time to live has passed."""
    count = int(passed(planning.records, planning.now_ms)[planning.sent].sum())
    if count:
        yield (
            f"the time to live of {counted(count, 'record')} has passed: the replay sends them all the same, "
            "readers that honour it will skip them."
        )


@warning("W-17")
def sensitive_fields(planning: PlanningInput) -> Iterator[str]:
    """Warn of edits that change fields which readers trust: source, environment, tenant, principal, event time."""
    rewrites = planning.records.rewritten.rewrites
    if rewrites.sensitive:
        names = ", ".join(sorted(rewrites.sensitive))
        yield f"edits change {names} in {counted(rewrites.sensitive_records, 'record')}."


@warning("W-18")
def detached_causes(planning: PlanningInput) -> Iterator[str]:
    """Warn of causes outside the selection: new ids cut them off, or no event carries what they become."""
    rewrites, boundary = planning.records.rewritten.rewrites, planning.options.boundary
    if rewrites.detached:
        yield (
            f"the causes of {counted(rewrites.detached, 'record')} are not selected: they are removed, and kept "
            "in x-replay-boundary-cause."
        )
    if planning.options.ids == "new" and boundary == "map":
        yield "causes that are not selected get ids that no event carries."


@warning("W-19")
def stripped_trace(planning: PlanningInput) -> Iterator[str]:
    """Warn of trace context that is removed: the replayed records belong to no trace."""
    if planning.options.trace_policy == "strip":
        count = planning.records.rewritten.rewrites.count(TRACE)
        if count:
            yield f"the trace context of {counted(count, 'record')} is removed."


@warning("W-11")
def mixed_dialects(planning: PlanningInput) -> Iterator[str]:
    """Warn of a selection with several envelope conventions or dialects."""
    table = planning.columns("convention", "dialect")
    names = table.column_names
    if "convention" not in names:
        return
    batches = (pa.Table.from_batches([batch]) for batch in batches_of(table))
    pairs = {tuple(pair.values()) for one in batches for pair in one.group_by(names).aggregate([]).to_pylist()}
    kinds = sorted({"/".join(filter(None, pair)) or "unrecognised" for pair in pairs})
    if len(kinds) > 1:
        yield f"the selection mixes conventions: {', '.join(kinds[:_SHOWN])}{', …' if len(kinds) > _SHOWN else ''}."


@warning("W-12")
def gaps(planning: PlanningInput) -> Iterator[str]:
    """Warn of gaps in the capture that the records come from."""
    for source in planning.sources:
        if source.gaps:
            yield f"the capture of {source.topic} has {counted(source.gaps, 'gap')}."


@warning("W-13")
def unknown_isolation(planning: PlanningInput) -> Iterator[str]:
    """Warn of a source of which it is not known whether aborted records were left out."""
    for source in planning.sources:
        if source.isolation not in ("read_committed", "read_uncommitted"):
            yield f"how {source.topic} was read is not known: aborted records may be among the selected ones (G-10)."


def _is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


@warning("W-21")
def raw_bytes(planning: PlanningInput) -> Iterator[str]:
    """Warn of masked records that are sent as they were: the target then holds what masking hides."""
    count = int(planning.records.raw_bodies.rows[planning.sent].sum())
    if count:
        yield (
            f"{counted(count, 'masked record')} sent with the raw bytes that were kept: the target holds what masking "
            "hides here; rules of [masking] have to name it, too."
        )
