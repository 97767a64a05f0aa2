"""Hypothesis strategies for records of several conventions, and everything that goes wrong with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from workbench.decoding import load_conventions
from workbench.model import Record, TimestampType

if TYPE_CHECKING:
    from collections.abc import Callable

ID = "00000000-0000-4000-8000-0000000000{:02x}"
TOPICS = ["t", "onex.evt.platform.node-registered.v1", "prod.onex.cmd.billing.charge-card.v2", "onex.prod.task_events"]


class Literal(str):
    """JSON text that is written as it stands."""

    __slots__ = ()


def contract_body(at: int) -> dict[str, Any]:
    return {
        "event_id": ID.format(at),
        "event_type": "task.started",
        "payload": {"n": 1, "text": 'information, nan, "quoted"'},
        "metadata": {"source": "wf", "correlation_id": ID.format(200), "causation_id": ID.format(at + 1)},
        "timestamp": "2026-03-01T10:00:00.250+00:00",
        "security_context": {"user_id": "alice", "tenant_id": "acme"},
    }


def cloud_event_body(at: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"ord-{at}",
        "source": "/orders",
        "type": "order.placed",
        "time": "2026-03-01T10:00:02Z",
        "correlationid": "flow-1",
        "causationid": f"ord-{at + 1}",
        "data": {},
    }


def onex_body(at: int) -> dict[str, Any]:
    return {
        "payload": {"causation_id": None},
        "envelope_id": ID.format(at),
        "envelope_timestamp": "2026-03-01T10:00:00.000001Z",
        "correlation_id": ID.format(201),
        "parent_envelope_id": ID.format(at + 2),
        "source_tool": "registry.1",
        "metadata": {"tags": {"causation_id": ID.format(at + 3), "event_type": "tagged"}},
        "security_context": {"user_id": "u"},
        "event_type": "platform.node-registered",
        "tenant_id": "acme",
    }


def hook_body(at: int) -> dict[str, Any]:
    return {"emitted_at": "2026-03-01T10:00:04", "correlation_id": ID.format(at), "causation_id": ID.format(at + 1)}


def generic_body(at: int) -> dict[str, Any]:
    return {
        "eventId": f"e-{at}",
        "correlationId": "o",
        "causationId": f"e-{at}",
        "type": "T",
        "time": 1772359200000 + at,
    }


BODIES = [contract_body, cloud_event_body, onex_body, hook_body, generic_body]
CONTRACT_HEADERS: list[tuple[bytes, bytes | None]] = [
    (b"message_id", b"00000000-0000-4000-8000-000000000001"),
    (b"correlation_id", b"00000000-0000-4000-8000-0000000000c8"),
    (b"causation_id", b"00000000-0000-4000-8000-000000000002"),
    (b"event_type", b"task.started"),
]
ONEX_HEADERS: list[tuple[bytes, bytes | None]] = [
    (b"message_id", b"00000000-0000-4000-8000-000000000033"),
    (b"correlation_id", b"00000000-0000-4000-8000-0000000000c9"),
    (b"event_type", b"platform.node-registered"),
    (b"schema_version", b"1.0.0"),
    (b"source", b"svc"),
    (b"timestamp", b"2026-03-01T10:00:00+00:00"),
]
CE_HEADERS: list[tuple[bytes, bytes | None]] = [
    (b"ce_specversion", b"1.0"),
    (b"ce_id", b"ord-1"),
    (b"ce_source", b"/orders"),
    (b"ce_type", b"order.placed"),
    (b"ce_time", b"2026-03-01T10:00:01.5Z"),
]
HEADERS: list[list[tuple[bytes, bytes | None]]] = [[], CONTRACT_HEADERS, ONEX_HEADERS, CE_HEADERS]
EXTRA_HEADERS: list[tuple[bytes, bytes | None]] = [
    (b"traceparent", b"00-5c1f9d0e7a3b42468c2d1e0f9a8b7c6d-1a2b3c4d5e6f7081-01"),
    (b"traceparent", b"00-5C1F9D0E7A3B42468C2D1E0F9A8B7C6D-1a2b3c4d5e6f7081-01"),
    (b"TraceParent", b"00-00000000000000000000000000000000-1a2b3c4d5e6f7081-01"),
    (b"b3", b"0"),
    (b"content-type", b"Application/CloudEvents+JSON; charset=UTF-8"),
    (b"content-type", b"application/json"),
    (b"correlation_id", b"\xc3\x28"),
    (b"correlation_id", b""),
    (b"event_type", None),
    (b"message_id", b"00000000-0000-4000-8000-000000000001"),
    (b"parent_message_id", b"00000000-0000-4000-8000-000000000034"),
    (b"x-replay-count", b"1"),
    (b"kafka_dlt-original-topic", b"orders"),
    (b"trace_id", b"5c1f9d0e-7a3b-4246-8c2d-1e0f9a8b7c6d"),
    (b"span_id", b"00000000-0000-4000-8000-000000000034"),
    (b"parent_span_id", b"1A2B3C4D5E6F7081"),
    (b"trace_id", b"7"),
    (b"x-replay-id", b'r-"1"'),
    (b"x-replay-count", b"many"),
    (b"x-replay-chain", b"a, b"),
    (b"\xff\xfe", b"z"),
    (b"unread", b"\xff"),
    (b"ce_causationid", b"ord-9"),
    (b"id", b"1"),
    (b"ce-specversion", b"1.0"),
    (b"CE-Id", b"ord-2"),
    (b"ce-source", b"/orders"),
    (b"ce-type", b"order.placed"),
    (b"ce_traceparent", b"00-5c1f9d0e7a3b42468c2d1e0f9a8b7c6d-1a2b3c4d5e6f7081-01"),
    (b"ce_traceid", b"00-5c1f9d0e7a3b42468c2d1e0f9a8b7c6d-1a2b3c4d5e6f7081-01"),
    (b"X-Correlation-Id", b"00-5c1f9d0e7a3b42468c2d1e0f9a8b7c6d-1a2b3c4d5e6f7081-01"),
    (b"X-Request-Id", b"null"),
    (b"correlation_id", b"\xa1\x06flow-1"),
    (b"causation_id", b"None"),
    (b"spring_json_header_types", b'{"correlation_id": "java.lang.String", "event_type": "java.lang.Long"}'),
    (b"originalTopic", b"orders"),
    (b"x-error", b"bad"),
]
VALUES: list[Any] = [
    None,
    "",
    True,
    {},
    {"a": 1},
    [],
    ["x"],
    0,
    7,
    -12,
    Literal("-0"),
    Literal("1.10"),
    Literal("1E2"),
    Literal("1772359200000"),
    Literal("123456789012345678901234567890"),
    Literal("NaN"),
    Literal("-inf"),
    Literal('"\\ud800"'),
    Literal('"\\ud83d\\ude00"'),
    Literal('"a\\/b\\u0041\\n"'),
    Literal('"\\u0000"'),
    "text, with NaN, inside",
    "Zażółć",
    "{00000000-0000-4000-8000-0000000000A2}",
    "URN:UUID:00000000-0000-4000-8000-0000000000A2",
    "00000000-0000-4000-8000-0000000000A2",
    "00000000-0000-4000-8000-000000000001",
    "000000000000400080000000000000a2",
    "00000000-0000-0000-0000-000000000000",
    "null",
    "-",
    "root",
    "00-5c1f9d0e7a3b42468c2d1e0f9a8b7c6d-1a2b3c4d5e6f7081-01",
    "00-00000000000000000000000000000000-1a2b3c4d5e6f7081-01",
    "ord-1",
    "system.dead_letter",
    "2026-03-01T10:00:00",
    "2026-03-01 10:00:00.123456789+02:30",
    "2026-02-30T10:00:00Z",
    "2026-03-01T24:00:00Z",
    "1999-12-31T23:59:59.999999999Z",
    "0001-01-01T00:00:00+23:59",
    "2026-03-01T10:00:00.Z",
    "yesterday",
    "1772359200000",
    "99999999999999999999",
]
PATHS = [
    ("event_id",),
    ("event_type",),
    ("metadata",),
    ("metadata", "source"),
    ("metadata", "correlation_id"),
    ("metadata", "causation_id"),
    ("metadata", "tags"),
    ("metadata", "tags", "causation_id"),
    ("timestamp",),
    ("security_context",),
    ("specversion",),
    ("id",),
    ("source",),
    ("type",),
    ("time",),
    ("correlationid",),
    ("causationid",),
    ("traceid",),
    ("traceparent",),
    ("envelope_version",),
    ("envelope_id",),
    ("envelope_timestamp",),
    ("correlation_id",),
    ("causation_id",),
    ("payload",),
    ("payload", "causation_id"),
    ("payload", "n"),
    ("emitted_at",),
    ("eventId",),
    ("schema",),
    ("source_node",),
    ("operation",),
]

OWN = load_conventions(
    {
        "own": {
            "strength": 4,
            "all": ["header?:Event_Type", ["value:payload.n", "value:metadata.tags", "topic:(onex.*)"]],
            "none": ["value:event_type ~ system\\..*"],
            "event_id": ["value:id + value:source", "value:id", 'value:"a.b"', "header?:MESSAGE_ID"],
            "correlation_id": ["header:correlation_id | uuid", "trace:id"],
            "request_id": "trace:span + topic:(.*)",
            "null_values": ["ord-1"],
            "cause": [["value:causationid", "value:metadata.causation_id"], "header:ce_causationid -> auto"],
            "root": "equal value:correlation_id",
            "root_id": "value:correlation_id",
            "event_type": ["topic:onex\\.(.*)", "const:made | up"],
            "event_time": ["value:time", "value:timestamp"],
            "time": "auto",
            "id_scope": "source",
            "ambiguous_if": "value:source",
        },
    },
)
"""A convention of all kinds of selectors, filters and rules that a person can write."""


def written(value: Any, separators: tuple[str, str]) -> str:
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, dict):
        members = (
            f"{json.dumps(str(key).split('#')[0])}{separators[1]}{written(v, separators)}" for key, v in value.items()
        )
        return "{" + separators[0].join(members) + "}"
    if isinstance(value, list):
        return "[" + separators[0].join(written(item, separators) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def placed(body: dict[str, Any], path: tuple[str, ...], value: Any, how: str) -> None:
    holder: Any = body
    for name in path[:-1]:
        holder = holder.get(name) if isinstance(holder, dict) else None
    if not isinstance(holder, dict):
        return
    if how == "drop":
        holder.pop(path[-1], None)
    elif how == "twice":
        holder[f"{path[-1]}#again"] = value
    else:
        holder[path[-1]] = value


def _truncated(data: bytes) -> bytes:
    return data[: len(data) // 2]


WRAPPINGS: dict[str, Callable[[bytes], bytes | None]] = {
    "plain": lambda data: data,
    "marked": lambda data: b"\xef\xbb\xbf" + data,
    "registered": lambda data: b"\x00\x00\x00\x00\x07" + data,
    "connected": lambda data: b'{"schema": {}, "payload": ' + data + b"}",
    "truncated": _truncated,
    "trailing": lambda data: data[:-1] + b",}",
    "spaced": lambda data: b" \n" + data[:-1] + b" ,\n }",
    "not utf-8": lambda data: data.replace(b'"', b'"\xff', 1),
    "escaped key": lambda data: data.replace(b'"event_id"', b'"event\\u005fid"'),
    "text": lambda _: b"plain",
    "array": lambda data: b"[" + data + b"]",
    "array of scalars": lambda _: b" [1, true]",
    "scalar": lambda _: b"5",
    "bad scalar": lambda _: b"5 6",
    "text in quotes": lambda _: b'"a" and "b"',
    "lone surrogate": lambda _: b'"\\ud800"',
    "line of a log": lambda _: b"[2026-11-28 10:00:00] INFO started",
    "line of a log without a bracket": lambda _: b"2026-11-28 10:00:00 INFO started",
    "array cut off": lambda data: b"[" + data + b",",
    "binary that begins with a brace": lambda _: b"{\x00\xff\x07",
    "object of another language": lambda data: data.replace(b'"', b"'"),
    "empty": lambda _: b"",
    "null": lambda _: None,
    "deep": lambda data: data[:-1] + b', "deep": ' + b"[" * 3000 + b"]" * 3000 + b"}",
}


@st.composite
def values(draw: st.DrawFn) -> bytes | None:
    body = draw(st.sampled_from(BODIES))(draw(st.integers(0, 9)))
    changes = st.tuples(
        st.sampled_from(PATHS), st.sampled_from(VALUES), st.sampled_from(["set", "set", "drop", "twice"])
    )
    for path, value, how in draw(st.lists(changes, max_size=3)):
        placed(body, path, value, how)
    text = written(body, draw(st.sampled_from([(",", ":"), (", ", ": "), ("\n,", "\t: ")])))
    rare = draw(st.integers(0, 5)) == 0
    wrapped = WRAPPINGS[draw(st.sampled_from(sorted(WRAPPINGS))) if rare else "plain"]
    return wrapped(text.encode("utf-8", "surrogatepass"))


@st.composite
def headers(draw: st.DrawFn) -> tuple[tuple[bytes, bytes | None], ...]:
    chosen = list(draw(st.sampled_from(HEADERS)))
    if draw(st.integers(0, 2)) == 0:
        chosen += draw(st.lists(st.sampled_from(EXTRA_HEADERS), max_size=2))
    if chosen and draw(st.integers(0, 5)) == 0:
        chosen.pop(draw(st.integers(0, len(chosen) - 1)))
    return tuple(chosen)


@st.composite
def batches(draw: st.DrawFn) -> list[Record]:
    topic = draw(st.sampled_from(TOPICS))
    contents = draw(st.lists(st.tuples(headers(), values(), st.integers(1, 3)), min_size=1, max_size=8))
    repeated = [(head, value) for head, value, count in contents for _ in range(count)]
    return [
        Record(topic, 3, offset, 0, TimestampType.CREATE, None, value, head)
        for offset, (head, value) in enumerate(repeated)
    ]
