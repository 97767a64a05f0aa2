"""Writes a trace as OTLP JSON, for viewers that know only spans; exporting twice gives the same text."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.paths.intervals import is_spans

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph

_SEPARATOR = "\x1f"
_TRACE_BYTES, _SPAN_BYTES = 16, 8
_TRACE, _SPAN = re.compile(r"[0-9a-f]{32}\Z"), re.compile(r"[0-9a-f]{16}\Z")
_CONSUMER, _PRODUCER = 5, 4
_KINDS = {"internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}


def otlp_json(graph: CausalGraph) -> str:
    """Write one span for each event: from its binding cause to the event, with further causes as links.

    Spans that came from elsewhere keep their ids, kinds and times.
    """
    spans = _spans(graph)
    services: dict[str, list[dict[str, Any]]] = {}
    for source, span in zip(graph.column("source").to_pylist(), spans, strict=True):
        services.setdefault(source or "", []).append(span)
    resources = [
        {
            "resource": {"attributes": [_attribute("service.name", service)] if service else []},
            "scopeSpans": [{"scope": {"name": "workbench"}, "spans": found}],
        }
        for service, found in services.items()
    ]
    return json.dumps({"resourceSpans": resources}, ensure_ascii=False)


def trace_digits(key: str) -> str:
    """Return the trace id of a correlation id, or of the least node key of a fragment."""
    return _digits("trace", key, _TRACE_BYTES)


def span_digits(key: str) -> str:
    """Return the span id of an event by its key."""
    return _digits("span", key, _SPAN_BYTES)


def _digits(kind: str, key: str, size: int) -> str:
    text = f"{kind}{_SEPARATOR}{key}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).digest()[:size].hex()


def _spans(graph: CausalGraph) -> list[dict[str, Any]]:
    traces, ids = _ids(graph)
    used = graph.used_edges
    kept = ~graph.structure.layout_break
    causes = Groups.of(used.effect[kept], len(graph), used.cause[kept])
    started, ended = graph.micros("started").tolist(), graph.micros("ended").tolist()
    spans = is_spans(graph)
    kinds = graph.column("span_kind").to_pylist() if spans else None
    failed = graph.marked("failed").tolist()
    found = []
    for node, row in enumerate(graph.events.select(["event_type", *_FACTS]).to_pylist()):
        binding = int(graph.structure.binding[node])
        others = [
            one for one in causes.members[causes.starts[node] : causes.starts[node + 1]].tolist() if one != binding
        ]
        end = int(graph.time[node])
        begin = end if binding < 0 else int(graph.time[binding])
        if spans and NO_TIME not in (started[node], ended[node]):
            begin, end = started[node], ended[node]
        span: dict[str, Any] = {
            "traceId": traces[node],
            "spanId": ids[node],
            "parentSpanId": ids[binding] if binding >= 0 else "",
            "name": row.pop("event_type") or "",
            "kind": (_CONSUMER if binding >= 0 else _PRODUCER) if kinds is None else _KINDS.get(kinds[node], 0),
            "startTimeUnixNano": _nanos(begin),
            "endTimeUnixNano": _nanos(end),
            "attributes": [_attribute(_FACTS[name], value) for name, value in row.items() if value is not None],
            "links": [{"traceId": traces[one], "spanId": ids[one]} for one in others],
        }
        if failed[node]:
            span["status"] = {"code": 2}
        found.append(span)
    return found


_FACTS = {
    "topic": "messaging.destination.name",
    "partition": "messaging.destination.partition.id",
    "offset": "messaging.kafka.offset",
    "event_id": "messaging.message.id",
    "correlation_id": "messaging.message.conversation_id",
}
"""Columns of events, by the attribute of the semantic conventions that holds them."""


def _ids(graph: CausalGraph) -> tuple[list[str], list[str]]:
    """Return the trace id and the span id of each event."""
    keys: list[str] = graph.column("key").to_pylist()
    fragment = graph.structure.fragment.tolist()
    least: dict[int, str] = {}
    for key, number in zip(keys, fragment, strict=True):
        least[number] = min(least.get(number, key), key)
    correlations = graph.column("correlation_id").to_pylist()
    own = is_spans(graph)
    traces = [
        name if own and name is not None and _TRACE.match(name) else trace_digits(name or least[number])
        for name, number in zip(correlations, fragment, strict=True)
    ]
    return traces, [key if own and _SPAN.match(key) else span_digits(key) for key in keys]


def _nanos(micros: int) -> str:
    """Write microseconds as nanoseconds; 0, which OTLP takes for unknown, where there is no time."""
    return "0" if micros == NO_TIME else str(int(micros) * 1000)


def _attribute(key: str, value: Any) -> dict[str, Any]:
    kind = "intValue" if isinstance(value, int) else "stringValue"
    return {"key": key, "value": {kind: str(value)}}
