"""The mixed topic of the measurements: ten event types in three conventions, as several teams write to one topic.

Made by seeded code: payloads of 200 bytes to 4 KB, optional members and headers at random, causes among the events
before, b3 on half of the records and traceparent on half, 1 % tombstones, 0.1 % damaged.
"""

from __future__ import annotations

import json
import random
import uuid
from collections import deque
from typing import TYPE_CHECKING, Any, TypeAlias

from workbench.model import NewRecord

if TYPE_CHECKING:
    from collections.abc import Callable

Headers = list[tuple[bytes, bytes | None]]

_WORDS = ["artifact", "stored", "and", "published", "registry", "checks", "passed", "without", "a", "warning"]
_FLOWS = 400
_TOMBSTONES, _DAMAGED = 0.01, 0.001


class _Flow:
    """One flow of events: its correlation id, and the last ids that a next event may name as its cause."""

    def __init__(self, number: int, made: _Source) -> None:
        self.key = b"order-%d" % number
        self.correlation_id = made.uuid()
        self.before: deque[str] = deque(maxlen=20)


class _Source:
    """Seeded random values: the same topic at each run."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311 - repeatable, not secret
        self._number = 0

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def text(self, words: int) -> str:
        return " ".join(self.random.choices(_WORDS, k=words))

    def hex(self, size: int) -> str:
        return f"{self.random.getrandbits(4 * size):0{size}x}"

    def time(self) -> str:
        self._number += 1
        return f"2026-11-23T10:{self._number // 60 % 60:02d}:{self._number % 60:02d}.{self.random.randrange(10**6):06d}"

    def amount(self) -> float:
        return self.random.randrange(100, 500_000) / 100

    def some(self, members: dict[str, Any], share: float = 0.5) -> dict[str, Any]:
        """Leave members out at random."""
        return {name: value for name, value in members.items() if self.chance(share)}


def mixed_records(topic: str, count: int, *, seed: int = 11) -> list[NewRecord]:
    """Records without a partition: their keys spread them over the partitions of the topic, as any client does it."""
    made = _Source(seed)
    flows = [_Flow(number, made) for number in range(_FLOWS)]
    return [_record(topic, made, made.random.choice(flows)) for _ in range(count)]


def _record(topic: str, made: _Source, flow: _Flow) -> NewRecord:
    headers = _trace_headers(made)
    if made.chance(_TOMBSTONES):
        return NewRecord(topic, flow.key, None, tuple(headers))
    event_type, envelope, payload = made.random.choice(_TYPES)
    body, own = envelope(made, flow, event_type, payload(made))
    # Clients differ in what they write: some escape what is not ASCII, some leave no space between members.
    form: dict[str, Any] = {"ensure_ascii": False, "separators": (",", ":")} if envelope is _cloud_event else {}
    value = json.dumps(body, **form).encode()
    if made.chance(_DAMAGED):
        value = made.random.choice(_DAMAGES)(value)
    return NewRecord(topic, flow.key, value, (*own, *headers))


def _trace_headers(made: _Source) -> Headers:
    trace, span = made.hex(32), made.hex(16)
    headers: Headers = []
    if made.chance(0.5):
        headers.append((b"traceparent", f"00-{trace}-{span}-01".encode()))
        headers += [(b"tracestate", b"vendor=" + span.encode())] if made.chance(0.2) else []
    if made.chance(0.5):
        headers.append((b"b3", f"{trace}-{span}-1".encode()))
    return headers


def _cause(made: _Source, flow: _Flow, event_id: str) -> str | None:
    cause = made.random.choice(flow.before) if flow.before and made.chance(0.7) else None
    flow.before.append(event_id)
    return cause


def _contract(made: _Source, flow: _Flow, event_type: str, payload: object) -> tuple[dict[str, Any], Headers]:
    event_id = made.uuid()
    cause = _cause(made, flow, event_id)
    metadata: dict[str, Any] = {"source": f"shop.{made.random.randrange(40)}", "correlation_id": flow.correlation_id}
    if cause is not None or made.chance(0.5):
        metadata["causation_id"] = cause
    body = {
        "event_id": event_id,
        "event_type": event_type,
        "payload": payload,
        "metadata": {**metadata, **made.some({"environment": "production", "retries": 0, "host": made.hex(12)})},
        "timestamp": made.time() + "+00:00",
        **made.some({"security_context": {"user_id": made.hex(8), "tenant_id": "acme"}, "schema": 3}),
    }
    echo: Headers = [
        (b"message_id", event_id.encode()),
        (b"correlation_id", flow.correlation_id.encode()),
        (b"event_type", event_type.encode()),
    ]
    return body, [header for header in echo if made.chance(0.6)]


def _cloud_event(made: _Source, flow: _Flow, event_type: str, payload: object) -> tuple[dict[str, Any], Headers]:
    event_id = made.uuid()
    cause = _cause(made, flow, event_id)
    body = {
        "specversion": "1.0",
        "id": event_id,
        "source": f"/shop/{made.random.randrange(12)}",
        "type": event_type,
        "time": made.time() + "Z",
        "correlationid": flow.correlation_id,
        **({} if cause is None else {"causationid": cause}),
        **made.some({"subject": made.hex(10), "dataschema": "https://schemas/1", "tenantid": "acme", "sequence": "7"}),
        "datacontenttype": "application/json",
        "data": payload,
    }
    return body, [(b"content-type", b"application/cloudevents+json; charset=UTF-8")]


def _onex(made: _Source, flow: _Flow, event_type: str, payload: object) -> tuple[dict[str, Any], Headers]:
    event_id = made.uuid()
    cause = _cause(made, flow, event_id)
    body = {
        "payload": payload,
        "envelope_id": event_id,
        "envelope_timestamp": made.time() + "+00:00",
        "correlation_id": flow.correlation_id,
        "source_tool": f"registry.{made.random.randrange(7)}",
        **({} if cause is None else {"parent_envelope_id": cause}),
        "metadata": {"trace_id": None, "tags": made.some({"service_name": "svc", "zone": "b"}), "headers": {}},
        "event_type": event_type,
        **made.some({"priority": 5, "timeout_seconds": 30, "retry_count": 0, "target_tool": None}),
        "onex_version": {"major": 1, "minor": 2, "patch": 3},
    }
    headers: Headers = [
        (b"content_type", b"application/json"),
        (b"correlation_id", flow.correlation_id.encode()),
        (b"message_id", event_id.encode()),
        (b"event_type", event_type.encode()),
        (b"source", b"registry"),
    ]
    return body, headers


def _order(made: _Source) -> dict[str, Any]:
    lines = [
        {"sku": made.hex(12), "quantity": made.random.randrange(1, 9), "price": made.amount(), "name": made.text(4)}
        for _ in range(made.random.randrange(1, 12))
    ]
    return {"order": made.random.randrange(10**7), "lines": lines, **made.some({"note": made.text(9), "gift": True})}


def _payment(made: _Source) -> dict[str, Any]:
    card = {"scheme": "visa", "last": "4242", "token": made.hex(64)}
    return {"amount": made.amount(), "currency": "EUR", "card": card, "reference": made.hex(40), "approved": True}


def _stock(made: _Source) -> dict[str, Any]:
    places = [{"place": made.hex(6), "sku": made.hex(12), "left": made.random.randrange(900)} for _ in range(4)]
    return {"reserved": places[: made.random.randrange(3, 5)], **made.some({"until": made.time(), "partial": False})}


def _invoice(made: _Source) -> dict[str, Any]:
    page = "".join(f"<tr><td>{made.text(5)}</td><td>{made.amount()}</td></tr>\n" for _ in range(50))
    return {"number": made.hex(10), "html": page[: made.random.randrange(2_000, 3_900)]}


def _parcel(made: _Source) -> dict[str, Any]:
    steps = [
        {"at": made.time(), "place": made.text(3), "position": {"lat": made.amount(), "lon": made.amount()}}
        for _ in range(made.random.randrange(2, 14))
    ]
    return {"parcel": made.hex(18), "carrier": made.text(1), "steps": steps}


def _customer(made: _Source) -> dict[str, Any]:
    address = {"street": made.text(3), "city": "Zürich", "zip": "8001", "country": "CH"}
    optional = made.some(
        {"phone": "+41 44 000 00 00", "born": "1990-01-01", "billing": address, "notes": made.text(20)}
    )
    return {"customer": made.hex(16), "name": "Jürg Müller-\u00d8rsted", "address": address, **optional}


def _prices(made: _Source) -> dict[str, Any]:
    return {"list": made.hex(8), "prices": {made.hex(12): made.amount() for _ in range(made.random.randrange(50, 110))}}


def _node(made: _Source) -> dict[str, Any]:
    endpoints = {"health": f"http://10.0.0.{made.random.randrange(250)}:8080/health", **made.some({"metrics": "/m"})}
    return {"node_id": made.uuid(), "status": "active", "capabilities": ["compute", "effect"], "endpoints": endpoints}


def _task(made: _Source) -> dict[str, Any]:
    return {"workflow": made.random.randrange(10**5), "task": 7, "state": "completed", "result": made.hex(320)}


def _log(made: _Source) -> dict[str, Any]:
    lines = [
        f'  File "/srv/app/{made.hex(6)}.py", line {made.random.randrange(900)}, in {made.text(2)}' for _ in range(50)
    ]
    return {"level": "ERROR", "message": made.text(8), "stack": "\n".join(lines[: made.random.randrange(12, 50)])}


_Envelope: TypeAlias = "Callable[[_Source, _Flow, str, object], tuple[dict[str, Any], Headers]]"
_TYPES: list[tuple[str, _Envelope, Callable[[_Source], dict[str, Any]]]] = [
    ("order.placed", _contract, _order),
    ("payment.authorised", _contract, _payment),
    ("stock.reserved", _contract, _stock),
    ("invoice.rendered", _contract, _invoice),
    ("parcel.tracked", _cloud_event, _parcel),
    ("customer.changed", _cloud_event, _customer),
    ("prices.listed", _cloud_event, _prices),
    ("node.registered", _onex, _node),
    ("task.completed", _onex, _task),
    ("log.collected", _onex, _log),
]


def _cut_off(value: bytes) -> bytes:
    return value[: len(value) * 2 // 3]


def _not_utf8(value: bytes) -> bytes:
    at = value.index(b"-")
    return value[:at] + b"\xff" + value[at + 1 :]


def _twice(value: bytes) -> bytes:
    """Repeat the first member at the end."""
    first = value[1 : value.index(b",")]
    return value[:-1] + b", " + first + b"}"


_DAMAGES = [_cut_off, _not_utf8, _twice]
