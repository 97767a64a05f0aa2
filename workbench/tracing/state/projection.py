"""Reads the events of a table up to a time, in the order in which a projection applies them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    import pyarrow as pa

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class ProjectedEvent:
    """One event with the members that a projection reads."""

    at: datetime
    """Event time, else the timestamp of the record; UTC."""
    event_type: str
    event_id: str | None
    correlation_id: str | None
    source: str | None
    environment: str | None
    payload: Mapping[str, Any]
    """Empty if the value holds no JSON object."""

    def first(self, names: Sequence[str]) -> str | None:
        """Return the first of these members of the payload that is a text or a number, as text."""
        for name in names:
            value = self.payload.get(name)
            if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
                return str(value)
        return None


def events_until(events: pa.Table, types: Collection[str], at: datetime | None) -> Iterator[ProjectedEvent]:
    """Yield the events of some types up to and including a moment, by time and then position.

    Args:
        events: Decoded events with ``topic``, ``timestamp_ms`` and ``value``.
        types: Event types that matter.
        at: The moment; None for everything.
    """
    rows = [(_time_of(row), row) for row in events.to_pylist() if row["event_type"] in types]
    rows = [(moment, row) for moment, row in rows if at is None or moment <= at]
    rows.sort(key=lambda pair: (pair[0], pair[1]["topic"], pair[1]["partition"], pair[1]["offset"]))
    seen: set[str] = set()
    for moment, row in rows:
        if row["event_id"] is not None:
            if row["event_id"] in seen:
                continue
            seen.add(row["event_id"])
        names = ("event_type", "event_id", "correlation_id", "source", "environment")
        yield ProjectedEvent(at=moment, payload=_payload(row["value"]), **{name: row[name] for name in names})


def _time_of(row: Mapping[str, Any]) -> datetime:
    own: datetime | None = row["event_time"]
    return own.replace(tzinfo=UTC) if own is not None else _EPOCH + timedelta(milliseconds=row["timestamp_ms"])


def _payload(value: bytes | None) -> Mapping[str, Any]:
    try:
        body = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return {}
    payload = body.get("payload", body) if isinstance(body, dict) else None
    return payload if isinstance(payload, dict) else {}
