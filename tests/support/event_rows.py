"""Event tables from (seconds, type, payload), as projections read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from decoded_events import event_table

if TYPE_CHECKING:
    import pyarrow as pa

SECOND = 1_000_000
"""Microseconds."""


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def table(*rows: tuple[Any, ...]) -> pa.Table:
    whole = []
    for number, (seconds, event_type, payload, *more) in enumerate(rows):
        extra = more[0] if more else {}
        value = json.dumps({"payload": payload}).encode()
        whole.append(
            {"t": seconds * SECOND, "event_type": event_type, "event_id": f"e{number}", "value": value, **extra}
        )
    return event_table(whole)
