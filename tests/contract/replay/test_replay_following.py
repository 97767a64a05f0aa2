"""What a run wrote to Kafka is compared where it lies: nothing of it is taken apart."""

from __future__ import annotations

import pytest
from replay_bench import select, write

from workbench.model import NewRecord
from workbench.replay.proof.following import FollowingCheck

BASE_MS = 1_700_000_000_000


@pytest.mark.parametrize(
    ("options", "settings"),
    [
        ({"writer": "transactional"}, {}),
        ({"writer": "idempotent", "headers": "exact", "timestamps": "now"}, {}),
        ({"writer": "idempotent"}, {"message__timestamp__type": "LogAppendTime"}),
        ({"writer": "idempotent", "compression": "gzip"}, {}),
    ],
)
async def test_what_is_taken_apart(bench, monkeypatch, options, settings):
    taken_apart = []
    others_of = FollowingCheck._others_of

    def counted(self, at, records, expected):
        taken_apart.append(records.num_rows)
        return others_of(self, at, records, expected)

    monkeypatch.setattr(FollowingCheck, "_others_of", counted)
    source, target = await bench.topic(2), await bench.topic(2, **settings)
    made = [NewRecord(source, b"k", b"%d" % at, ((b"h", None),), at % 2, BASE_MS + at) for at in range(40)]
    await write(bench.log, made)
    report = await bench.run(await bench.plan(await select(bench.log, source, **options), target))
    assert report.state == "verified"
    assert sum(taken_apart) == (40 if bench.log.address.startswith("memory") else 0)
