"""Time to live of events."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from workbench.eventbus.compliance import create_test_event
from workbench.eventbus.expiry import expired

NOW = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("timestamp", "ttl_seconds", "over"),
    [
        ("2026-01-01T00:00:00+00:00", 59, True),
        ("2026-01-01T00:00:00+00:00", 60, False),
        ("2026-01-01T00:00:00", 59, True),
        ("2026-01-01T02:00:00+02:00", 60, False),
        ("2020-01-01T00:00:00+00:00", None, False),
        ("2026-01-01T00:00:00+00:00", 10**12, False),
    ],
)
def test_an_event_expires_after_its_time_to_live(timestamp, ttl_seconds, over):
    assert expired(create_test_event(timestamp=timestamp, ttl_seconds=ttl_seconds), NOW) is over
