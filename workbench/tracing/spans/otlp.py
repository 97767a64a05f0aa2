"""Reads spans of OTLP: JSON documents, JSON lines, and the tree that the Protobuf reader makes in the same shape."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any

from workbench.tracing.spans.attributes import messaging_facts, says_error
from workbench.tracing.spans.columns import SPAN_DIGITS, SPAN_KINDS, TRACE_DIGITS, hexadecimal, micros, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from workbench.tracing.spans.columns import SpanRows

_NANOS_PER_MICRO = 1000
_HEX = re.compile(r"[0-9a-fA-F]*\Z")
_ERROR = {2, "2", "STATUS_CODE_ERROR"}
_VALUES = ("stringValue", "boolValue", "intValue", "doubleValue")


def is_otlp(document: Any) -> bool:
    """Tell whether a JSON document is an export request of traces."""
    return isinstance(document, dict) and any(name in document for name in ("resourceSpans", "resource_spans"))


def add_request(rows: SpanRows, document: Mapping[str, Any]) -> None:
    """Add the spans of one export request."""
    for resource in _objects(document, "resourceSpans", "resource_spans"):
        about = resource.get("resource")
        service = text_of(_attributes(about.get("attributes")).get("service.name")) if isinstance(about, dict) else None
        names = ("scopeSpans", "scope_spans", "instrumentationLibrarySpans")
        for scope in _objects(resource, *names):
            for span in _objects(scope, "spans"):
                _add(rows, span, service)


def _add(rows: SpanRows, span: Mapping[str, Any], service: str | None) -> None:
    attributes = _attributes(span.get("attributes"))
    status = span.get("status")
    trace_id = _id(_member(span, "traceId", "trace_id"), TRACE_DIGITS)
    links = [
        {"trace_id": _id(_member(one, "traceId", "trace_id"), TRACE_DIGITS) or trace_id, "span_id": linked}
        for one in _objects(span, "links")
        if (linked := _id(_member(one, "spanId", "span_id"), SPAN_DIGITS)) is not None
    ]
    rows.add(
        trace_id=trace_id,
        span_id=_id(_member(span, "spanId", "span_id"), SPAN_DIGITS),
        parent_id=_id(_member(span, "parentSpanId", "parent_span_id"), SPAN_DIGITS),
        links=links,
        name=text_of(span.get("name")),
        service=service,
        kind=_kind(span.get("kind")),
        start_us=_time(_member(span, "startTimeUnixNano", "start_time_unix_nano")),
        end_us=_time(_member(span, "endTimeUnixNano", "end_time_unix_nano")),
        failed=(isinstance(status, dict) and status.get("code") in _ERROR) or says_error(attributes),
        **messaging_facts(attributes),
    )


def _member(tree: Mapping[str, Any], *names: str) -> Any:
    return next((tree[name] for name in names if name in tree), None)


def _objects(tree: Mapping[str, Any], *names: str) -> Iterator[Mapping[str, Any]]:
    found = _member(tree, *names)
    return (one for one in (found if isinstance(found, list) else []) if isinstance(one, dict))


def _time(value: Any) -> int | None:
    """Return microseconds; OTLP writes 0 for a time that is not set."""
    return micros(value, per_micro=_NANOS_PER_MICRO) or None


def _kind(value: Any) -> str | None:
    if isinstance(value, str):
        value = value.removeprefix("SPAN_KIND_").lower()
        return value if value in SPAN_KINDS else None
    return SPAN_KINDS[value - 1] if isinstance(value, int) and 1 <= value <= len(SPAN_KINDS) else None


def _id(value: Any, digits: int) -> str | None:
    """Read an id of hexadecimal digits, as OTLP says, or of base64, as plain Protobuf JSON has it."""
    if isinstance(value, str) and value and not (len(value) == digits and _HEX.match(value)):
        try:
            raw = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) * 2 == digits:
            value = raw.hex()
    return hexadecimal(value, digits)


def _attributes(pairs: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for pair in pairs if isinstance(pairs, list) else []:
        value = pair.get("value") if isinstance(pair, dict) else None
        if isinstance(value, dict):
            found[str(pair.get("key"))] = next((value[name] for name in _VALUES if name in value), None)
    return found
