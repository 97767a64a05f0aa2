"""``kill -9`` between the steps of a run: it reopens in doubt; a transaction is on the target whole or not at all."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from replay_bench import WRITABLE, Bench, read_all, select, write

from workbench.bus import open_log
from workbench.errors import ReplayRefused
from workbench.model import NewRecord
from workbench.replay import abandon_run, plan_from_json, resolve_run, resume_run
from workbench.store.journal import Journal

pytestmark = [pytest.mark.broker, pytest.mark.slow, pytest.mark.timeout(300)]

CHILD = Path(__file__).parents[2] / "support" / "replay_child.py"
RECORDS, BATCH = 40, 10
POINTS = {
    "before_the_first": (0, ["unknown"] * 20),
    "before_send": (10, ["acked"] * 10 + ["unknown"] * 20),
    "after_send": (10, ["acked"] * 10 + ["unknown"] * 20),
    "before_settle": (20, ["acked"] * 10 + ["unknown"] * 20),
    "at_the_last": (30, ["acked"] * 30 + ["unknown"] * 10),
}
"""What is on the target then, and what the ledger says: while a batch is sent, the next one is entered, and the end of
the one before."""


@pytest.fixture
async def kafka_log(kafka_address):
    async with open_log(f"kafka://{kafka_address}") as log:
        yield log


@pytest.fixture
async def topics(kafka_log, topic_name):
    """A source with records, and an empty target."""
    log, source, target = kafka_log, topic_name("kill-source"), topic_name("kill-target")
    for name in (source, target):
        await log.create_topic(name, partitions=2, config={"retention.ms": "-1"})
    await write(log, [NewRecord(source, b"k", b"%d" % at, (), at % 2, 1_700_000_000_000 + at) for at in range(RECORDS)])
    yield source, target
    for name in (source, target):
        await log.delete_topic(name)


def start(log, journal, source, target, point="nowhere", *, writer="transactional", batch=BATCH, resume=()):
    names = [log.address, str(journal), source, target, point, writer, str(batch), *resume]
    command = [sys.executable, str(CHILD), *names]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def finished(child):
    output, _ = await asyncio.to_thread(child.communicate, timeout=120)
    return child.returncode, output.split()


async def visible(log, target, expected):
    """Committed seqs on the target, waited for: markers are written after a commit is answered."""
    seqs: list[int] = []
    async with asyncio.timeout(30):
        while True:
            seqs = sorted(int(dict(r.headers)[b"x-replay-seq"]) for r in await read_all(log, target))
            if len(seqs) >= expected:
                return seqs
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("point", POINTS)
async def test_killed_between_two_steps(kafka_log, topics, topic_name, tmp_path, point):
    source, target = topics
    path = tmp_path / "journal.duckdb"
    code, output = await finished(start(kafka_log, path, source, target, point))
    assert code == -signal.SIGKILL, output
    (run_id,) = output
    on_target, outcomes = POINTS[point]
    with Journal.open(path) as journal:
        row = journal.run(run_id)
        assert row.state == "in_doubt"
        assert row.error == "the process that ran it ended without a result"
        assert journal.ledger(run_id)["outcome"].to_pylist() == outcomes
        ends = ["unknown" if outcome == "unknown" else "committed" for outcome in outcomes[::BATCH]]
        assert journal.transactions(run_id)["state"].to_pylist() == ends
        assert await visible(kafka_log, target, on_target) == list(range(on_target))
        bench = Bench(kafka_log, journal, topic_name)
        again = await bench.plan(await select(kafka_log, source), target)
        assert [refusal.rule for refusal in again.refusals] == (["G-21", "G-26"] if on_target else ["G-21"])
        with pytest.raises(ReplayRefused, match=f"G-21: run {run_id}"):
            await bench.run(again)
        await abandon_run(kafka_log, journal, run_id)
        assert await visible(kafka_log, target, on_target) == list(range(on_target)), "what was open is aborted"
        rest = await bench.plan(await select(kafka_log, source, skip_refused=True), target)
        report = await bench.run(rest)
        assert report.state == "verified", repr(report)
        assert len(await read_all(kafka_log, target)) == RECORDS, "the target tells what was there already"


@pytest.mark.parametrize(("point", "arrived"), [("after_send", 10), ("before_settle", 20)])
async def test_killed_and_settled_from_the_target(kafka_log, topics, tmp_path, point, arrived):
    source, target = topics
    path = tmp_path / "journal.duckdb"
    _, (run_id,) = await finished(start(kafka_log, path, source, target, point))
    with Journal.open(path) as journal:
        # Settling opens the run's transactional id again, so a transaction that was left open ends at once.
        async with asyncio.timeout(20):
            assert await resolve_run(kafka_log, journal, run_id) == "stopped"
        outcomes = journal.ledger(run_id)["outcome"].to_pylist()
        assert outcomes == ["acked"] * arrived + ["skipped"] * (30 - arrived)
        assert await visible(kafka_log, target, arrived) == list(range(arrived))


@dataclass(frozen=True)
class Size:
    """How often a run is killed, and how large it is."""

    kills: int
    records: int
    batch: int
    within_s: float


QUICK = Size(kills=3, records=6_000, batch=20, within_s=0.5)
WHOLE = Size(kills=20, records=200_000, batch=200, within_s=0.4)
SIZE = WHOLE if os.environ.get("WORKBENCH_REPLAY_KILLS") else QUICK
"""``WORKBENCH_REPLAY_KILLS=1`` kills a replay of 200,000 records twenty times."""


@pytest.mark.timeout(3000 if SIZE is WHOLE else 300)
@pytest.mark.parametrize("writer", ["transactional", "idempotent"])
async def test_killed_at_random_and_resumed_until_each_record_is_there_once(kafka_log, topics, tmp_path, writer):
    source, target = topics
    moment = random.Random(writer)  # noqa: S311 - moments, no secrets
    more = [
        NewRecord(source, b"k%d" % (at % 100), b"%d" % at, (), at % 2, 1_700_000_000_000 + at)
        for at in range(RECORDS, SIZE.records)
    ]
    await write(kafka_log, more)
    path = tmp_path / "journal.duckdb"
    run_id, killed = None, 0
    for _ in range(3 * SIZE.kills):
        resumed = () if run_id is None else (run_id,)
        child = start(kafka_log, path, source, target, writer=writer, batch=SIZE.batch, resume=resumed)
        said = (await asyncio.to_thread(child.stdout.readline)).strip()
        await asyncio.sleep(moment.uniform(0, SIZE.within_s))
        child.kill()
        await finished(child)
        with Journal.open(path) as journal:
            row = next((row for row in journal.runs() if row.run_id == said), None)
        if row is None or row.state in ("planned", "confirmed"):
            continue
        run_id, killed = said, killed + (row.state == "in_doubt")
        if row.state == "done" or killed == SIZE.kills:
            break
    assert killed == SIZE.kills or (killed and SIZE is QUICK)
    with Journal.open(path) as journal:
        if journal.run(run_id).state == "in_doubt":
            plan = plan_from_json(
                journal.run(run_id).plan, await select(kafka_log, source, writer=writer, max_records=1_000_000)
            )
            report = await resume_run(plan, kafka_log, journal, connection=WRITABLE)
            assert report.state == "verified", repr(report)
        assert Counter(journal.ledger(run_id)["outcome"].to_pylist()) == {"acked": SIZE.records}
    lanes: dict[int, list[bytes]] = {0: [], 1: []}
    for record in await read_all(kafka_log, target):
        lanes[record.partition].append(record.value)
    for lane, values in lanes.items():
        assert values == [b"%d" % at for at in range(lane, SIZE.records, 2)], "each once, in lane order"


@pytest.mark.parametrize("seed", [0, 2])
async def test_killed_at_any_moment(kafka_log, topics, tmp_path, seed):
    source, target = topics
    path = tmp_path / "journal.duckdb"
    child = start(kafka_log, path, source, target)
    run_id = (await asyncio.to_thread(child.stdout.readline)).strip()
    await asyncio.sleep(0.1 * seed)
    child.kill()
    await finished(child)
    with Journal.open(path) as journal:
        row = next((row for row in journal.runs() if row.run_id == run_id), None)
        if row is None or row.state in ("planned", "confirmed"):
            assert await read_all(kafka_log, target) == []
            return
        assert row.state in ("in_doubt", "done", "verified")
        outcomes = Counter(journal.ledger(run_id)["outcome"].to_pylist())
        found = await visible(kafka_log, target, outcomes["acked"])
        assert len(found) % BATCH == 0
        assert found == list(range(len(found))), "each transaction whole or not at all, in order, once"
        assert outcomes["acked"] <= len(found) <= outcomes["acked"] + outcomes["unknown"]
