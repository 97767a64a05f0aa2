"""Event tables from (seconds, type, payload), as projections read them."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from decoded_events import event_table

SECOND = 1_000_000
"""Microseconds."""


def at(seconds):
    return datetime.fromtimestamp(seconds, UTC)


def table(*rows: tuple):
    whole = []
    for number, (seconds, event_type, payload, *more) in enumerate(rows):
        extra = more[0] if more else {}
        value = json.dumps({"payload": payload}).encode()
        whole.append(
            {"t": seconds * SECOND, "event_type": event_type, "event_id": f"e{number}", "value": value, **extra}
        )
    return event_table(whole)
