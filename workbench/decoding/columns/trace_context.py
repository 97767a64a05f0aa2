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
    from workbench.decoding.conventions.facts import Place

_TRACE_ID = r"\A[0-9a-f]{32}\z"
_SPAN_ID = r"\A(?:[0-9a-f]{16}|[0-9a-f]{32})\z"
_ALL_ZERO = r"0{16}\z"
_SPAN_DIGITS = 16


def trace_column(facts: GroupFacts, own: Sequence[TraceHeaders], places: Sequence[Place]) -> pa.Array:
    """Read the trace context of each row: W3C, or ids in headers that the convention has of its own.

    Args:
        facts: The rows.
        own: Headers that only the conventions that match read.
        places: Places of W3C trace parents beside the headers that are always read.
    """
    w3c = facts.w3c_header()
    present = [headers for headers in own if headers.names[0] in facts.headers.names]
    if (w3c is not None) + len(present) + len(places) > 1 or any(headers.form != "ids" for headers in present):
        raise ExactError
    if w3c is not None:
        return _w3c(facts, facts.header_texts(w3c), TRACEPARENT)
    if places:
        return _w3c(facts, facts.texts(places[0].selector), places[0].via)
    return _ids(facts, present[0]) if present else pa.nulls(len(facts), TRACE)


def _w3c(facts: GroupFacts, texts: pa.Array, via: str) -> pa.Array:
    valid, sampled, trace_ids, span_ids = trace_parents(texts)
    facts.require(valid)
    parts = [
        trace_ids,
        span_ids,
        pa.nulls(len(facts), pa.string()),
        pa.array(sampled),
        repeated(via, len(facts), pa.string()),
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
