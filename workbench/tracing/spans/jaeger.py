"""Reads the JSON of Jaeger: ``data[].spans`` with ``processes``, as its web page and its query API give it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.tracing.spans.attributes import messaging_facts, says_error
from workbench.tracing.spans.columns import (
    SPAN_DIGITS,
    SPAN_KINDS,
    TRACE_DIGITS,
    SpanRows,
    hexadecimal,
    micros,
    text_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.tracing.spans.columns import SpanFile

_CAUSING = ("CHILD_OF", "FOLLOWS_FROM")


def is_jaeger(document: Any) -> bool:
    """Tell whether a JSON document has the shape of Jaeger's."""
    traces = document.get("data") if isinstance(document, dict) else None
    return isinstance(traces, list) and all(isinstance(one, dict) and "spans" in one for one in traces)


def read_jaeger(document: Mapping[str, Any]) -> SpanFile:
    """Read the traces of a document."""
    rows = SpanRows()
    for trace in document["data"]:
        processes = trace.get("processes")
        spans = trace["spans"] if isinstance(trace["spans"], list) else []
        for span in spans:
            if isinstance(span, dict):
                _add(rows, span, trace, processes if isinstance(processes, dict) else {})
            else:
                rows.fault("that are no JSON objects, left out")
    return rows.file("jaeger")


def _add(rows: SpanRows, span: Mapping[str, Any], trace: Mapping[str, Any], processes: Mapping[str, Any]) -> None:
    trace_id = hexadecimal(span.get("traceID") or trace.get("traceID"), TRACE_DIGITS)
    tags = _tags(span.get("tags"))
    start, duration = micros(span.get("startTime")), micros(span.get("duration"))
    process = span.get("process") or processes.get(str(span.get("processID")))
    kind = str(tags.get("span.kind", "")).lower()
    parent, links = _references(span, trace_id)
    rows.add(
        trace_id=trace_id,
        span_id=hexadecimal(span.get("spanID"), SPAN_DIGITS),
        parent_id=parent,
        links=links,
        name=text_of(span.get("operationName")),
        service=text_of(process.get("serviceName")) if isinstance(process, dict) else None,
        kind=kind if kind in SPAN_KINDS else None,
        start_us=start,
        end_us=None if start is None or duration is None else start + duration,
        failed=says_error(tags),
        **messaging_facts(tags),
    )


def _references(span: Mapping[str, Any], trace_id: str | None) -> tuple[str | None, list[dict[str, str | None]]]:
    """Take the first reference of the span's own trace as its parent; all further ones are links."""
    references = span.get("references")
    found = [
        (hexadecimal(one.get("traceID"), TRACE_DIGITS) or trace_id, hexadecimal(one.get("spanID"), SPAN_DIGITS))
        for one in (references if isinstance(references, list) else [])
        if isinstance(one, dict) and one.get("refType") in _CAUSING
    ]
    found = [(trace, one) for trace, one in found if one is not None]
    parent = next((one for trace, one in found if trace == trace_id), None)
    if parent is None and not found:
        return hexadecimal(span.get("parentSpanID"), SPAN_DIGITS), []
    links = [{"trace_id": trace, "span_id": one} for trace, one in found if (trace, one) != (trace_id, parent)]
    return parent, links


def _tags(tags: Any) -> dict[str, Any]:
    if not isinstance(tags, list):
        return {}
    return {str(tag.get("key")): tag.get("value") for tag in tags if isinstance(tag, dict)}
