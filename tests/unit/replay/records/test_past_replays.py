"""What earlier replays left in headers is read in columns, and is the same as read record by record."""

from __future__ import annotations

import random
import re

import pytest
from replay_samples import NOW_MS, RUN_ID, draft, facts, row

from workbench.replay import make_plan
from workbench.replay.records.past_replays import NO_COUNT

CHAIN, COUNT, ID = b"x-replay-chain", b"x-replay-count", b"x-replay-id"
CARRIED = (
    b"x-replay-original-timestamp",
    b"x-replay-original-event-id",
    b"x-replay-original-correlation-id",
    b"x-replay-boundary-cause",
    b"x-replay-original-traceparent",
    b"x-replay-correlation-id",
)
RUNS = [b"run-1", b"run-2", b" run-1 ", b"", None, b"a,b", b"\xff\xfe", RUN_ID.encode()]
COUNTS = [b"0", b"1", b"2", b"17", b"", None, b"x", b"-1", b"1.0", b"1\n", b"1234567890"]
CHAINS = [
    b"run-0",
    b"run-0,run-1",
    b" run-0 , ,run-2",
    b"",
    None,
    b"\xff,run-1",
    b",".join(b"r%d" % at for at in range(9)),
]


def made(source: random.Random) -> list[tuple[bytes, bytes | None]]:
    """Headers of any kind, some of them repeated."""
    some = [(b"own", b"1")] if source.random() < 0.5 else []
    for name, contents in ((ID, RUNS), (COUNT, COUNTS), (CHAIN, CHAINS)):
        some += [(name, source.choice(contents)) for _ in range(source.choice([0, 1, 1, 1, 2]))]
    some += [(name, source.choice([b"", None, b"7", b"\xff"])) for name in CARRIED if source.random() < 0.3]
    source.shuffle(some)
    return some


def expected(headers: list[tuple[bytes, bytes | None]]) -> tuple[int, dict[bytes, bytes]]:
    """The count and the further headers of one record, by the words of docs/replay-rules.md."""
    last = dict(headers)
    counts = [content or b"" for name, content in headers if name == COUNT]
    valid = all(re.match(rb"[0-9]{1,9}\Z", count) for count in counts)
    count = max(map(int, counts), default=0) if valid else NO_COUNT
    names = [
        *(last.get(CHAIN) or b"").decode("utf-8", "replace").split(","),
        *((content or b"").decode("utf-8", "replace") for name, content in headers if name == ID),
    ]
    runs = list(dict.fromkeys(name.strip() for name in names if name.strip()))
    carried = {name: content for name in CARRIED if (content := last.get(name)) is not None}
    if runs:
        carried[CHAIN] = ",".join(runs[-8:]).encode()
    return count, {**carried, COUNT: b"%d" % (max(count, 0) + 1)}


@pytest.mark.parametrize("seed", range(4))
def test_columns_tell_what_each_record_tells(seed):
    source = random.Random(seed)  # noqa: S311 - repeatable, not secret
    given = [made(source) for _ in range(200)]
    records = make_plan(draft(*(row(at, headers=headers) for at, headers in enumerate(given))), facts()).records
    counts = dict(zip(records.past.rows.tolist(), records.past.counts.tolist(), strict=True))
    own = set(records.past.rows[records.past.marks_of(RUN_ID)].tolist())
    for seq, headers in enumerate(given):
        count, further = expected(headers)
        written = records.target_headers(seq, NOW_MS)
        added = dict(written)
        assert counts.get(seq, 0) == count
        assert {name: added[name] for name in further} == further
        assert len(written) == len(added)
        assert (CHAIN in added) == (CHAIN in further)
        assert (seq in own) == (RUN_ID.encode() in [part.strip() for part in further.get(CHAIN, b"").split(b",")])
        assert records.batch_size(seq) <= records.batch_bounds[seq]


def test_records_that_no_replay_wrote_have_no_past():
    records = make_plan(draft(row(1), row(2, headers=[(b"x-replay", b"1")])), facts()).records
    assert records.past.counts.tolist() == [0] * len(records.past.rows)
    assert not records.past.marks_of(RUN_ID).any()
