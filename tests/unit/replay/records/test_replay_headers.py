"""Provenance headers are appended to a record; those of earlier replays are read and carried on."""

from __future__ import annotations

from replay_samples import NOW_MS, RUN_ID, draft, facts, row

from workbench.replay import make_plan
from workbench.text import iso_text


def test_provenance_headers():
    marks = [
        (b"keep", b"1"),
        (b"x-replay-id", b"run-9"),
        (b"x-replay-chain", ",".join(f"run-{n}" for n in range(9)).encode()),
        (b"x-replay-count", b"1"),
        (b"x-replay-original-timestamp", b"42/append"),
        (b"x-replay-original-event-id", b"e-0"),
        (b"x-replay-unheard-of", b"?"),
        (b"keep", None),
    ]
    plan = make_plan(draft(row(7, headers=marks, timestamp_type=1), columns={"correlation_id": ["c-1"]}), facts())
    headers = plan.records.target_headers(0, 1_767_225_600_007)
    assert headers[:2] == ((b"keep", b"1"), (b"keep", None))
    added = dict(headers[2:])
    assert len(added) == len(headers) - 2
    assert added == {
        b"x-replay-id": RUN_ID.encode(),
        b"x-replay-seq": b"0",
        b"x-replay-of": b"demo/orders/0/7",
        b"x-replay-count": b"2",
        b"x-replayed-at": b"2026-01-01T00:00:00.007Z",
        b"x-replayed-by": plan.records.product.encode(),
        b"x-replay-mode": b"recording",
        b"x-replay-original-timestamp": b"42/append",
        b"x-replay-original-event-id": b"e-0",
        b"x-replay-chain": ",".join(f"run-{n}" for n in range(2, 10)).encode(),
        b"x-replay-correlation-id": b"c-1",
    }
    imported = make_plan(draft(row(7, cluster=None)), facts()).records.target_headers(0, NOW_MS)
    assert dict(imported)[b"x-replay-of"] == b"unknown/orders/0/7"
    fresh = make_plan(draft(row(7, timestamp_type=1)), facts()).records.target_headers(0, NOW_MS)
    assert dict(fresh)[b"x-replay-original-timestamp"] == b"%d/append" % (NOW_MS - 60_000 + 7)
    assert b"x-replay-chain" not in dict(fresh)
    exact = make_plan(draft(row(7, headers=marks), headers="exact"), facts())
    assert exact.records.target_headers(0, NOW_MS) == tuple(marks)


def test_times_are_written_with_zone_and_milliseconds():
    assert iso_text(0) == "1970-01-01T00:00:00.000Z"
