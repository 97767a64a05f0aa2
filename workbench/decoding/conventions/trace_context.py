"""Reads the trace context of the producing span, in each format that is written into record headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.decoding.conventions.filters import raw_bytes
from workbench.model.events.envelope import TraceContext

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.decoding.conventions.convention import TraceHeaders
    from workbench.decoding.conventions.record_headers import Pick, RecordHeaders

_W3C = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?", re.DOTALL)
_B3 = re.compile(r"([0-9a-fA-F]{16}|[0-9a-fA-F]{32})-([0-9a-fA-F]{16})(?:-([01d])(?:-([0-9a-fA-F]{16}))?)?")
_B3_DECISIONS = {"0": False, "1": True, "d": True}
_B3_TRACE = re.compile(r"[0-9a-fA-F]{16}|[0-9a-fA-F]{32}")
_B3_SPAN = re.compile(r"[0-9a-fA-F]{16}")
_JAEGER = re.compile(r"([0-9a-fA-F]{1,32}):([0-9a-fA-F]{1,16}):([0-9a-fA-F]{0,16}):([0-9a-fA-F]{1,2})")
_HEX = re.compile(r"[0-9a-fA-F]{1,32}")
_SPACE = " \t\n\r\x0b\x0c"
_TRACE_DIGITS = 32
_SPAN_DIGITS = 16
_TRUE = {"1": True, "true": True, "0": False, "false": False, "d": True}

TRACE_HEADERS = (
    "traceparent",
    "b3",
    "x-b3-traceid",
    "x-b3-spanid",
    "x-b3-parentspanid",
    "x-b3-sampled",
    "x-b3-flags",
    "uber-trace-id",
)
"""Lower-case names that are read on every record."""


@dataclass(frozen=True, slots=True)
class TraceText:
    """A W3C trace parent that is not in the header of that name."""

    via: str
    subject: str
    """Names the place in problem codes."""
    text: str


def read_trace(
    headers: RecordHeaders, own: Sequence[TraceHeaders] = (), more: Sequence[TraceText] = ()
) -> tuple[TraceContext | None, set[str]]:
    """Read the first valid trace context of a record, and the problems of all.

    Args:
        headers: The headers of the record.
        own: Headers that only the conventions that match it read.
        more: W3C trace parents in other places.
    """
    problems: set[str] = set()
    first: TraceContext | None = None
    undecided: TraceContext | None = None
    for header, found in _formats(headers, own, more):
        if found is None:
            problems.add(f"bad_trace_context:{header}")
        elif found.trace_id is None:
            undecided = undecided or found
        elif first is None:
            first = found
        elif first.trace_id != found.trace_id:
            problems.add("disagreement:trace_id")
    return first or undecided, problems


def _formats(
    record: RecordHeaders, own: Sequence[TraceHeaders], more: Sequence[TraceText]
) -> Iterator[tuple[str, TraceContext | None]]:
    """Yield every format that is present, in order of precedence; None where its text is invalid."""
    if (text := _text(record, "traceparent")) is not None:
        yield "traceparent", parse_traceparent(text)
    if (text := _text(record, "b3", "first")) is not None:
        yield "b3", _b3_single(text)
    if any(_text(record, name, "first") is not None for name in ("x-b3-traceid", "x-b3-sampled", "x-b3-flags")):
        yield "X-B3-TraceId", _b3_multi(record)
    if (text := _text(record, "uber-trace-id")) is not None:
        yield "uber-trace-id", _jaeger(text)
    for headers in own:
        if (text := _text(record, name := headers.names[0])) is None:
            continue
        yield name, parse_traceparent(text, via=name) if headers.form == "traceparent" else _ids(record, headers, text)
    for place in more:
        yield place.subject, parse_traceparent(place.text.strip(_SPACE), via=place.via)


def _text(record: RecordHeaders, name: str, pick: Pick = "last") -> str | None:
    value = record.value(name, pick, ignore_case=True)
    return None if value is None else raw_bytes(value).strip().decode("latin-1")


def parse_traceparent(text: str, via: str = "traceparent") -> TraceContext | None:
    """Read a W3C traceparent; None when any part of it is invalid, which voids the whole."""
    found = _W3C.fullmatch(text)
    if found is None:
        return None
    version, trace_id, span_id, flags, rest = found.groups()
    if version == "ff" or (version == "00" and rest is not None) or not _nonzero(trace_id) or not _nonzero(span_id):
        return None
    return TraceContext(trace_id, span_id, sampled=bool(int(flags, 16) & 1), via=via)


def _nonzero(digits: str) -> bool:
    return digits.strip("0") != ""


def _b3_single(text: str) -> TraceContext | None:
    if text in _B3_DECISIONS:
        return TraceContext(sampled=_B3_DECISIONS[text], via="b3")
    found = _B3.fullmatch(text)
    if found is None or not _nonzero(found[1]) or not _nonzero(found[2]):
        return None
    return TraceContext(
        _padded(found[1], _TRACE_DIGITS),
        found[2].lower(),
        None if found[4] is None else found[4].lower(),
        _B3_DECISIONS.get(found[3]),
        "b3",
    )


def _b3_multi(record: RecordHeaders) -> TraceContext | None:
    trace_id, span_id, parent, sampled, flags = (
        _text(record, f"x-b3-{name}", "first") for name in ("traceid", "spanid", "parentspanid", "sampled", "flags")
    )
    decision = True if flags == "1" else _TRUE.get((sampled or "").lower())
    if trace_id is None:
        return TraceContext(sampled=decision, via="X-B3-Sampled")
    if not _B3_TRACE.fullmatch(trace_id) or not _B3_SPAN.fullmatch(span_id or "") or not _nonzero(trace_id):
        return None
    parent_id = parent.lower() if parent is not None and _B3_SPAN.fullmatch(parent) else None
    return TraceContext(_padded(trace_id, _TRACE_DIGITS), (span_id or "").lower(), parent_id, decision, "X-B3-TraceId")


def _jaeger(text: str) -> TraceContext | None:
    found = _JAEGER.fullmatch(re.sub("%3a", ":", text, flags=re.IGNORECASE))
    if found is None or not _nonzero(found[1]) or not _nonzero(found[2]):
        return None
    parent = _padded(found[3], _SPAN_DIGITS) if _nonzero(found[3]) else None
    sampled = bool(int(found[4], 16) & 1)
    return TraceContext(
        _padded(found[1], _TRACE_DIGITS), _padded(found[2], _SPAN_DIGITS), parent, sampled, "uber-trace-id"
    )


def _ids(record: RecordHeaders, headers: TraceHeaders, text: str) -> TraceContext | None:
    trace_id = text.replace("-", "")
    if not _HEX.fullmatch(trace_id) or not _nonzero(trace_id):
        return None
    span, parent = (_span_digits(_text(record, name)) for name in headers.names[1:])
    return TraceContext(_padded(trace_id, _TRACE_DIGITS), span, parent, via=headers.names[0])


def _span_digits(text: str | None) -> str | None:
    digits = (text or "").replace("-", "")
    return _padded(digits[-_SPAN_DIGITS:], _SPAN_DIGITS) if _HEX.fullmatch(digits) and _nonzero(digits) else None


def _padded(digits: str, length: int) -> str:
    return digits.lower().rjust(length, "0")
