"""Upper bounds of batch sizes hold for every record."""

from __future__ import annotations

from replay_samples import draft, facts, row

from workbench.replay import make_plan


def test_bounds_of_sizes_hold_for_every_record():
    rows = [row(at, headers=[(b"n", b"x" * at)] * at, value=b"v" * (at * 37)) for at in range(40)]
    rows.append(row(99, headers=[(b"x-replay-chain", b"r" * 5000), (b"x-replay-original-event-id", b"e" * 3000)]))
    plan = make_plan(draft(*rows, columns={"correlation_id": ["c" * at for at in range(41)]}), facts())
    records = plan.records
    assert all(records.batch_size(seq) <= records.batch_bounds[seq] for seq in range(len(rows)))
