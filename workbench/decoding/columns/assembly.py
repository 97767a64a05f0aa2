"""Builds rows of the EVENT layout from the decision for a group, and from the envelopes of single records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa

from workbench.decoding.columns.arrays import repeated, repeated_list
from workbench.decoding.columns.group import ExactError
from workbench.decoding.columns.trace_context import trace_column
from workbench.decoding.conventions.convention import ID_FIELDS, TIME_FIELDS, VALUE_FIELDS
from workbench.decoding.conventions.provenance import REPLAY_HEADERS, replay_marks
from workbench.model.records.columns import CAUSE, EVENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.decoding.columns.group import GroupFacts
    from workbench.decoding.conventions.decision import CausePlace, Decision
    from workbench.model.events.envelope import Envelope

COPIED = ("partition", "offset", "tombstone")


def group_columns(decision: Decision, facts: GroupFacts) -> dict[str, pa.Array]:
    """Read the columns of a group: all of EVENT but the position."""
    count = len(facts)
    convention = decision.convention
    columns: dict[str, pa.Array] = {
        "convention": repeated(None if convention is None else convention.name, count, pa.string()),
        "convention_version": repeated(None if convention is None else convention.version, count, pa.string()),
        "also_matched": repeated_list(list(decision.also_matched), count),
        "dialect": repeated(decision.dialect, count, pa.string()),
        "id_scope": repeated(decision.id_scope, count, pa.string()),
        "link_ids": interleaved([facts.ids(place.selector) for place in decision.link_ids], count, pa.string()),
        "causes": interleaved([_cause_column(cause, facts) for cause in decision.causes], count, CAUSE),
        "cause_state": repeated(decision.cause_state, count, pa.string()),
        "trace": trace_column(facts, decision.trace_headers, decision.trace_places),
        "replay": _replay_column(facts),
        "problems": repeated_list(sorted(decision.problems), count),
        "format": repeated(facts.body.format, count, pa.string()),
    }
    for name in VALUE_FIELDS:
        columns[name] = _value_column(name, decision, facts)
    return columns


def _value_column(name: str, decision: Decision, facts: GroupFacts) -> pa.Array:
    place = decision.places.get(name)
    if place is None:
        return pa.nulls(len(facts), EVENT.field(name).type)
    if name in TIME_FIELDS:
        micros = facts.times(place.selector, decision.time_parsers[name]).micros
        return pa.array(micros).cast(pa.timestamp("us"))
    return facts.ids(place.selector) if name in ID_FIELDS else facts.texts(place.selector)


def _cause_column(cause: CausePlace, facts: GroupFacts) -> pa.Array:
    if cause.target == "span":
        raise ExactError
    count = len(facts)
    parts = [
        repeated(cause.target, count, pa.string()),
        facts.ids(cause.place.selector),
        repeated(cause.place.via, count, pa.string()),
        repeated(cause.rank, count, pa.int32()),
    ]
    return pa.StructArray.from_arrays(parts, fields=list(CAUSE.fields))


def _replay_column(facts: GroupFacts) -> pa.Array:
    names = [name for name in facts.headers.names if name in REPLAY_HEADERS]
    if not names:
        return pa.nulls(len(facts), pa.string())
    rows = zip(*(facts.header_texts(name).to_pylist() for name in names), strict=True)
    return pa.array([_json_text(replay_marks(dict(zip(names, texts, strict=True)))) for texts in rows], pa.string())


def _json_text(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def interleaved(columns: Sequence[pa.Array], count: int, kind: pa.DataType) -> pa.Array:
    """Build a list column with one item of each given column per row."""
    offsets = pa.array(np.arange(count + 1, dtype=np.int32) * len(columns))
    if not columns:
        return pa.ListArray.from_arrays(offsets, pa.nulls(0, kind))
    if len(columns) == 1:
        return pa.ListArray.from_arrays(offsets, columns[0])
    order = np.arange(count)[:, None] + np.arange(len(columns)) * count
    return pa.ListArray.from_arrays(offsets, pa.concat_arrays(columns).take(pa.array(order.ravel())))


def event_batch(columns: dict[str, pa.Array], positions: pa.RecordBatch) -> pa.RecordBatch:
    """Build EVENT rows of decoded columns and of those copied from the records; missing columns are null."""
    given = {**columns, **{name: positions.column(name) for name in COPIED}}
    arrays = [given[field.name] if field.name in given else pa.nulls(positions.num_rows, field.type) for field in EVENT]
    return pa.RecordBatch.from_arrays(arrays, schema=EVENT)


def envelope_columns(envelopes: Sequence[Envelope]) -> dict[str, pa.Array]:
    """Build the columns of envelopes."""
    columns: dict[str, pa.Array] = {}
    for field in EVENT:
        if field.name in COPIED:
            continue
        values = [getattr(envelope, field.name) for envelope in envelopes]
        columns[field.name] = pa.array([_plain(field.name, value) for value in values], field.type)
    return columns


def _plain(name: str, value: Any) -> Any:
    if value is None:
        return None
    match name:
        case "replay":
            return _json_text(value)
        case "causes":
            return [_fields(cause) for cause in value]
        case "trace" | "origin" | "error":
            return _fields(value)
    return list(value) if isinstance(value, tuple) else value


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__slots__}


def in_order(batches: Sequence[pa.RecordBatch], rows: Sequence[NDArray[np.int64]]) -> pa.RecordBatch:
    """Join batches and put their rows back into the order of the records."""
    if len(batches) == 1 and (np.diff(rows[0]) > 0).all():
        return batches[0]
    places = np.concatenate(rows)
    back = np.empty(len(places), np.int64)
    back[places] = np.arange(len(places))
    return pa.concat_batches(batches).take(pa.array(back))
