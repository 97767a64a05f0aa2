"""Reads the JSON of Zipkin, v1 and v2, and joins the client's and the server's half of a span that share an id."""

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
    from collections.abc import Iterable, Mapping

    from workbench.tracing.spans.columns import SpanFile

_KIND_OF = {"cs": "client", "cr": "client", "sr": "server", "ss": "server", "ms": "producer", "mr": "consumer"}
"""Kind by the core annotations of v1."""
_ENDS = {"client": ("cs", "cr"), "server": ("sr", "ss"), "producer": ("ms", "ws"), "consumer": ("wr", "mr")}


def zipkin_version(document: Any) -> int | None:
    """Return 1 or 2 for a list (of lists) of Zipkin spans, None for anything else."""
    spans = _flat(document)
    if spans is None or not all(isinstance(one, dict) and "traceId" in one and "id" in one for one in spans):
        return None
    old = any(name in one for one in spans for name in ("binaryAnnotations",))
    core = any(
        isinstance(note, dict) and note.get("value") in _KIND_OF and "endpoint" in note
        for one in spans
        for note in _list(one.get("annotations"))
    )
    return 1 if old or core else 2


def read_zipkin(document: Any, version: int) -> SpanFile:
    """Read a list of spans, or a list of traces that are lists of spans."""
    spans = _flat(document) or []
    halves: dict[tuple[str | None, str | None], list[dict[str, Any]]] = {}
    for span in spans:
        for half in _halves_v1(span) if version == 1 else [_half_v2(span)]:
            halves.setdefault((half["trace_id"], half["span_id"]), []).append(half)
    rows = SpanRows()
    for group in halves.values():
        for joined in _joined(group):
            rows.add(**joined)
    return rows.file(f"zipkin v{version}")


def _flat(document: Any) -> list[Any] | None:
    if not isinstance(document, list):
        return None
    return [one for trace in document for one in (trace if isinstance(trace, list) else [trace])]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _service(endpoint: Any) -> str | None:
    return text_of(endpoint.get("serviceName")) if isinstance(endpoint, dict) else None


def _common(span: Mapping[str, Any], tags: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "trace_id": hexadecimal(span.get("traceId"), TRACE_DIGITS),
        "span_id": hexadecimal(span.get("id"), SPAN_DIGITS),
        "parent_id": hexadecimal(span.get("parentId"), SPAN_DIGITS),
        "links": [],
        "name": text_of(span.get("name")),
        "failed": says_error(tags),
        **messaging_facts(tags),
    }


def _half_v2(span: Mapping[str, Any]) -> dict[str, Any]:
    found = span.get("tags")
    tags = found if isinstance(found, dict) else {}
    kind = str(span.get("kind") or "").lower()
    start, duration = micros(span.get("timestamp")), micros(span.get("duration"))
    return {
        **_common(span, tags),
        "service": _service(span.get("localEndpoint")),
        "kind": kind if kind in SPAN_KINDS else None,
        "shared": span.get("shared") is True,
        "start_us": start,
        "end_us": None if start is None or duration is None else start + duration,
    }


def _halves_v1(span: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Split a span of v1 by its core annotations: one half for each kind, or one without a kind."""
    notes = [note for note in _list(span.get("annotations")) if isinstance(note, dict)]
    binary = [note for note in _list(span.get("binaryAnnotations")) if isinstance(note, dict)]
    common = _common(span, {str(note.get("key")): note.get("value") for note in binary})
    start, duration = micros(span.get("timestamp")), micros(span.get("duration"))
    end = None if start is None or duration is None else start + duration
    kinds = list(dict.fromkeys(_KIND_OF[str(n["value"])] for n in notes if str(n.get("value")) in _KIND_OF))
    services = [found for note in [*notes, *binary] if (found := _service(note.get("endpoint")))]
    if not kinds:
        service = services[0] if services else None
        return [{**common, "service": service, "kind": None, "shared": False, "start_us": start, "end_us": end}]
    halves = []
    for kind in kinds:
        at = {n["value"]: micros(n.get("timestamp")) for n in notes if n.get("value") in _ENDS[kind]}
        own = next((found for n in notes if n.get("value") in at and (found := _service(n.get("endpoint")))), None)
        first, last = (at.get(name) for name in _ENDS[kind])
        alone = len(kinds) == 1
        halves.append(
            {
                **common,
                "service": own,
                "kind": kind,
                "shared": False,
                "start_us": first if first is not None or not alone else start,
                "end_us": last if last is not None or not alone else end,
            }
        )
    return halves


def _joined(group: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """Join the halves of one id into one span with two sides; what is no half of another stays a row of its own."""
    group = [one for place, one in enumerate(group) if one not in group[:place]]
    fragments = [one for one in group if one["kind"] is None and one["start_us"] is None]
    halves = [one for one in group if not (one["kind"] is None and one["start_us"] is None)]
    if not halves:
        halves, fragments = fragments[:1], fragments[1:]
    for fragment in fragments:
        home = next((half for half in halves if half["service"] == fragment["service"]), halves[0])
        for name, value in fragment.items():
            if home[name] in (None, False, []):
                home[name] = value
    kinds = [half["kind"] for half in halves]
    server = next((half for half in halves if half["shared"] or (half["kind"] == "server" and "client" in kinds)), None)
    client = next((half for half in halves if half is not server and half["kind"] in ("client", None)), None)
    if server is None or client is None:
        return [_plain(half) for half in halves]
    rest = [_plain(half) for half in halves if half is not server and half is not client]
    return [_two_sides(client, server), *rest]


def _plain(half: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in half.items() if name != "shared"}


def _two_sides(client: dict[str, Any], server: dict[str, Any]) -> dict[str, Any]:
    timed = client["start_us"] is not None
    return {
        **{name: server[name] if value is None else value for name, value in _plain(client).items()},
        "kind": "client",
        "failed": client["failed"] or server["failed"],
        "service": client["service"] or server["service"],
        "peer": server["service"],
        "start_us": client["start_us"] if timed else server["start_us"],
        "end_us": client["end_us"] if timed else server["end_us"],
        "server_start_us": server["start_us"],
        "server_end_us": server["end_us"],
    }
