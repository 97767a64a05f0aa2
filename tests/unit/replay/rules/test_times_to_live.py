"""A time to live is found under the name that each framework gives it, in headers and in bodies."""

from __future__ import annotations

import json

import pytest
from replay_samples import draft, facts, row, warnings_of

from workbench.replay import make_plan

SENT_MS = 1_700_000_000_000


def is_dead(at_ms: int, headers=(), value: bytes | None = b"{}", convention: str | None = None) -> bool:
    """Whether the plan that is made then warns of this one record."""
    given = row(1, headers=list(headers), value=value, timestamp_ms=SENT_MS)
    columns = {} if convention is None else {"convention": [convention]}
    plan = make_plan(draft(given, columns=columns), facts(asked_at_ms=at_ms))
    return "the time to live of 1 record has passed" in warnings_of(plan)


def body(**members: object) -> bytes:
    return json.dumps(members).encode()


@pytest.mark.parametrize(
    ("headers", "value", "convention"),
    [
        ([(b"ttl_seconds", b"60")], b"{}", None),
        ([(b"NServiceBus.TimeToBeReceived", b"00:01:00")], b"{}", "nservicebus"),
        ([(b"rbs2-time-to-be-received", b"00:01:00.0000000")], b"{}", None),
        ([(b"ce_expirytime", b"2023-11-14T22:14:20Z")], b"{}", "cloudevents"),
        ([(b"deliver-by", b"2023-11-14T23:14:20+01:00")], b"{}", "wolverine"),
        ([], body(expirationTime="2023-11-14T22:14:20Z"), "masstransit"),
        ([], body(payload={"ttl_seconds": 9}, metadata={"ttl_seconds": 60}), "contract"),
    ],
)
def test_it_ends_a_minute_after_the_record_was_sent(headers, value, convention):
    assert not is_dead(SENT_MS + 59_000, headers, value, convention)
    assert is_dead(SENT_MS + 61_000, headers, value, convention)


@pytest.mark.parametrize(
    ("headers", "value", "convention"),
    [
        ([(b"ttl_seconds", b"-1")], b"{}", None),
        ([(b"ttl_seconds", None)], b"{}", None),
        ([(b"NServiceBus.TimeToBeReceived", b"soon")], b"{}", None),
        ([(b"ce_expirytime", b"\xff")], b"{}", None),
        ([], body(payload={"ttl_seconds": 9}, metadata={"ttl_seconds": None}), "contract"),
        ([], body(metadata={"ttl_seconds": True}), "contract"),
        ([], b'{"metadata": {"ttl_seconds": 1}', "contract"),
        ([], body(message={"expirationTime": "2023-11-14T22:14:20Z"}), "masstransit"),
        ([], body(expirationTime="2023-11-14T22:14:20Z"), None),
        ([], None, "masstransit"),
    ],
)
def test_what_is_none_is_not_counted(headers, value, convention):
    assert not is_dead(SENT_MS + 10**9, headers, value, convention)
