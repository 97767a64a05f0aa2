"""Reads spans or events from a table whose columns are named, or are known by their usual names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.times import AUTO_LIMITS, EARLIEST_US, LATEST_US, parse_time
from workbench.errors import TableError
from workbench.text import visible
from workbench.tracing.graph.columns import flags, one_chunk
from workbench.tracing.spans.columns import LINK, SPAN, SPAN_KINDS, SpanFile, fault_notes, without_repeats

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.tracing.graph.arrays import Flags

ROLES: dict[str, tuple[str, ...]] = {
    "span": ("spanid", "span", "eventid", "id"),
    "trace": ("traceid", "trace", "correlationid", "correlation", "caseid"),
    "parent": ("parentid", "parentspanid", "parent", "causationid", "causeid", "causes", "cause"),
    "name": ("operationname", "operation", "spanname", "name", "eventtype", "type", "activity"),
    "service": ("servicename", "service", "podname", "source", "producer"),
    "peer": ("peer", "destination"),
    "kind": ("spankind", "kind"),
    "start": ("starttimeunixnano", "starttime", "start", "startus", "startms", "timestamp", "eventtime", "time", "t"),
    "end": ("endtimeunixnano", "endtime", "end", "endus", "endms"),
    "duration": ("duration", "durationus", "durationms", "durationns", "durationnano"),
    "topic": ("topic",),
    "partition": ("partition",),
    "offset": ("offset",),
    "failed": ("failed", "error"),
}
"""What a column can be, and the names by which it is known: letters and digits only, in lower case."""

_NO_PARENT = ("", "root", "null", "none", "nil", "-")
_PER_MICRO = {"epoch_s": 1_000_000, "epoch_ms": 1_000, "epoch_us": 1}
_NANOS = 1000
_UNITS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1, "nano": 1}


def read_table(table: pa.Table, columns: Mapping[str, str] | None = None) -> SpanFile:
    """Read spans, or events without an end, from a table.

    Args:
        table: Any table.
        columns: Column of the table for each of `ROLES`; roles that are left out are looked for by their usual names.

    Raises:
        TableError: A column that was named is not there, or nothing is known that could be the ids of the spans.
    """
    found = _mapping(table, columns or {})
    count = table.num_rows
    texts = {role: _text(table, found[role]) for role in ("span", "name", "service", "peer", "topic") if role in found}
    start = _micros(table, found["start"]) if "start" in found else pa.nulls(count, pa.int64())
    trace = _text(table, found["trace"]) if "trace" in found else pa.repeat(pa.scalar("", pa.large_string()), count)
    parent, links = _parents(table, found.get("parent"), trace)
    null = pa.nulls(count, pa.large_string())
    made = {
        "trace_id": trace,
        "span_id": texts.get("span", null),
        "parent_id": _without_roots(parent, texts.get("span", null)),
        "links": links,
        "name": texts.get("name", null),
        "service": texts.get("service", null),
        "peer": texts.get("peer", null),
        "kind": _kinds(_text(table, found["kind"])) if "kind" in found else null,
        "start_us": start,
        "end_us": _ends(table, found, start),
        "server_start_us": pa.nulls(count, pa.int64()),
        "server_end_us": pa.nulls(count, pa.int64()),
        "topic": texts.get("topic", null),
        **{role: _whole(table, found.get(role)) for role in ("partition", "offset")},
        "operation": null,
        "failed": _failed(table, found.get("failed")),
    }
    spans = pa.table(made, schema=SPAN)
    known = flags(pc.and_(pc.is_valid(spans.column("span_id")), pc.not_equal(spans.column("span_id"), "")))
    ends_early = flags(pc.less(spans.column("end_us"), spans.column("start_us")))
    faults = {
        "without a span id, left out": int((~known).sum()),
        "whose end is before its start": int(ends_early.sum()),
    }
    notes = fault_notes({reason: number for reason, number in faults.items() if number})
    return without_repeats(SpanFile("table", spans.filter(pa.array(known)), tuple(notes)))


def _mapping(table: pa.Table, columns: Mapping[str, str]) -> dict[str, str]:
    names = table.column_names
    shown = ", ".join(visible(name, 40) for name in names[:40])
    if unknown := sorted(set(columns) - set(ROLES)):
        raise TableError(f"There is no role {', '.join(unknown)}. columns= takes {', '.join(ROLES)}.")
    if missing := sorted(set(columns.values()) - set(names)):
        raise TableError(f"The table has no column {', '.join(missing)}; it has {shown}.", columns=missing)
    plain = {re.sub(r"[^a-z0-9]", "", name.lower()): name for name in reversed(names)}
    guessed = {
        role: next(plain[usual] for usual in usuals if usual in plain)
        for role, usuals in ROLES.items()
        if role not in columns and any(usual in plain for usual in usuals)
    }
    taken = set(columns.values())
    found = {**{role: name for role, name in guessed.items() if name not in taken}, **columns}
    if "span" not in found:
        raise TableError(
            f"No column is known to hold the ids of spans or events; the table has {shown}. "
            "Name it: columns={'span': 'ID COLUMN', 'parent': …, 'trace': …, 'start': …}.",
            columns=["span"],
        )
    if repeated := sorted({name for name in found.values() if names.count(name) > 1}):
        said = ", ".join(visible(name, 40) for name in repeated)
        raise TableError(f"The table has several columns {said}; rename all but one.", columns=repeated)
    return found


def _text(table: pa.Table, name: str) -> pa.Array:
    column = one_chunk(table.column(name))
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        # Ids of 8 and 16 bytes, as OpenTelemetry has them; pyarrow has no kernel that writes hexadecimal digits.
        return pa.array([None if one is None else one.hex() for one in column.to_pylist()], pa.large_string())
    try:
        return column.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise TableError(f"Column {name} cannot be read as text: it holds {column.type}.", columns=[name]) from error


def _parents(table: pa.Table, name: str | None, trace: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Return the first parent of each row, and all further ones as links."""
    count = table.num_rows
    if name is None:
        return pa.nulls(count, pa.large_string()), _no_links(count)
    column = one_chunk(table.column(name))
    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
        return _text(table, name), _no_links(count)
    lists = column.cast(pa.list_(pa.large_string())).to_pylist()
    first = pa.array([one[0] if one else None for one in lists], pa.large_string())
    links = [
        [{"trace_id": own, "span_id": value} for value in (one or [])[1:] if value is not None]
        for one, own in zip(lists, trace.to_pylist(), strict=True)
    ]
    return first, pa.array(links, pa.list_(LINK))


def _no_links(count: int) -> pa.Array:
    return pa.ListArray.from_arrays(pa.array(np.zeros(count + 1, dtype=np.int32)), pa.array([], LINK))


def _without_roots(parent: pa.Array, span: pa.Array) -> pa.Array:
    """Make null what only says that there is no parent, such as ``root``, unless a span has that id."""
    marks = pa.array([mark for mark in _NO_PARENT if not flags(pc.equal(span, mark)).any()], pa.large_string())
    zero = pc.match_substring_regex(parent, r"^0+$")
    none = pc.or_(pc.is_in(pc.utf8_lower(parent), value_set=marks), pc.fill_null(zero, False))
    return pc.if_else(none, pa.scalar(None, pa.large_string()), parent)


def _kinds(kind: pa.Array) -> pa.Array:
    plain = pc.replace_substring(pc.utf8_lower(kind), "span_kind_", "")
    known = pc.is_in(plain, value_set=pa.array(SPAN_KINDS, pa.large_string()))
    return pc.if_else(known, plain, pa.scalar(None, pa.large_string()))


def _micros(table: pa.Table, name: str) -> pa.Array:
    """Read times: timestamps as they are, numbers by their size, text by its form; null where none is readable."""
    column = one_chunk(table.column(name))
    if pa.types.is_timestamp(column.type) or pa.types.is_date(column.type):
        return column.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        return _numbers(column)
    text = _text(table, name)
    try:
        return _numbers(text.cast(pa.int64()))
    except pa.ArrowInvalid:
        distinct = text.dictionary_encode()
        parsed = [None if one is None else parse_time(one, "auto").micros for one in distinct.dictionary.to_pylist()]
        return pa.array(parsed, pa.int64()).take(distinct.indices)


def _numbers(column: pa.Array) -> pa.Array:
    """Convert to microseconds; the unit follows from the largest number, so that one column has one unit."""
    known = flags(pc.is_valid(column))
    values = column.fill_null(0).to_numpy(zero_copy_only=False)
    if pa.types.is_floating(column.type):
        known &= np.isfinite(values)
        values = np.where(known, values, 0)
    largest = float(np.abs(values.astype(np.float64)).max()) if known.any() else 0.0
    unit = next((name for limit, name in AUTO_LIMITS if largest < limit), "epoch_ns")
    if unit == "epoch_ns":
        micros = (values // _NANOS).astype(np.int64)
    else:
        micros = np.round(values * _PER_MICRO[unit]).astype(np.int64)
    known &= (micros >= EARLIEST_US) & (micros <= LATEST_US)
    return pa.array(micros, mask=~known)


def _ends(table: pa.Table, found: Mapping[str, str], start: pa.Array) -> pa.Array:
    if "end" in found:
        return _micros(table, found["end"])
    if "duration" not in found:
        return pa.nulls(table.num_rows, pa.int64())
    name = found["duration"]
    suffix = re.sub(r"[^a-z]", "", name.lower()).removeprefix("duration")
    numbers = pc.cast(_text(table, name), pa.float64())
    per_unit = _UNITS.get(suffix, 1_000)
    span = pc.round(pc.divide(pc.multiply(numbers, float(per_unit)), 1_000.0)).cast(pa.int64())
    return pc.add(start, span)


def _whole(table: pa.Table, name: str | None) -> pa.Array:
    if name is None:
        return pa.nulls(table.num_rows, pa.int64())
    try:
        return one_chunk(table.column(name)).cast(pa.int64())
    except pa.ArrowInvalid:
        return pa.nulls(table.num_rows, pa.int64())


def _failed(table: pa.Table, name: str | None) -> pa.Array:
    if name is None:
        return pa.array(np.zeros(table.num_rows, dtype=np.bool_))
    column = one_chunk(table.column(name))
    if pa.types.is_boolean(column.type):
        return column.fill_null(False)
    marks: Flags = ~flags(
        pc.is_in(pc.utf8_lower(_text(table, name)), value_set=pa.array(["", "0", "false", "no", "ok", None]))
    )
    return pa.array(marks)
