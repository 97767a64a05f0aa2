"""Reads trace contexts of whole columns in their usual spellings; other ones are read record by record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.decoding.columns.arrays import flags, repeated
from workbench.decoding.columns.group import ExactError
from workbench.decoding.columns.headers import TRACEPARENT
from workbench.decoding.native.texts import trace_parents
from workbench.model.records.columns import TRACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.decoding.columns.group import GroupFacts
    from workbench.decoding.conventions.convention import TraceHeaders

_TRACE_ID = r"\A[0-9a-f]{32}\z"
_SPAN_ID = r"\A(?:[0-9a-f]{16}|[0-9a-f]{32})\z"
_ALL_ZERO = r"0{16}\z"
_SPAN_DIGITS = 16


def trace_column(facts: GroupFacts, own: Sequence[TraceHeaders]) -> pa.Array:
    """Read the trace context of each row: W3C, or ids in headers that the convention has of its own."""
    w3c = next((name for name in facts.headers.names if name.lower() == TRACEPARENT), None)
    present = [headers for headers in own if headers.names[0] in facts.headers.names]
    if (w3c is not None) + len(present) > 1 or any(headers.form != "ids" for headers in present):
        raise ExactError
    if w3c is not None:
        return _w3c(facts, w3c)
    return _ids(facts, present[0]) if present else pa.nulls(len(facts), TRACE)


def _w3c(facts: GroupFacts, name: str) -> pa.Array:
    valid, sampled, trace_ids, span_ids = trace_parents(facts.header_texts(name))
    facts.require(valid)
    parts = [
        trace_ids,
        span_ids,
        pa.nulls(len(facts), pa.string()),
        pa.array(sampled),
        repeated(TRACEPARENT, len(facts), pa.string()),
    ]
    return pa.StructArray.from_arrays(parts, fields=list(TRACE.fields))


def _ids(facts: GroupFacts, headers: TraceHeaders) -> pa.Array:
    trace, span, parent = headers.names
    parts = [
        _digits(facts, trace, _TRACE_ID),
        _span(facts, span),
        _span(facts, parent),
        pa.nulls(len(facts), pa.bool_()),
        repeated(trace, len(facts), pa.string()),
    ]
    return pa.StructArray.from_arrays(parts, fields=list(TRACE.fields))


def _span(facts: GroupFacts, name: str) -> pa.Array:
    if name not in facts.headers.names:
        return pa.nulls(len(facts), pa.string())
    return pc.utf8_slice_codeunits(_digits(facts, name, _SPAN_ID), -_SPAN_DIGITS)


def _digits(facts: GroupFacts, name: str, pattern: str) -> pa.Array:
    """Return the hex digits of hex or UUID texts."""
    digits = pc.utf8_lower(pc.replace_substring(facts.header_texts(name), "-", ""))
    usual = pc.and_not(pc.match_substring_regex(digits, pattern), pc.match_substring_regex(digits, _ALL_ZERO))
    facts.require(flags(usual))
    return digits
