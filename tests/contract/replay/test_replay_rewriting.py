"""Records with new ids, edits and shifted times are sent, verified, journaled and resumed like others."""

from __future__ import annotations

import contextlib
import json
import uuid
from typing import Any

import pyarrow.compute as pc
import pytest
from replay_bench import WRITABLE, read_all, select, write

from workbench.model import NewRecord
from workbench.replay import plan_from_json, resume_run, verify_delivery
from workbench.replay.plan import batches

pytestmark = pytest.mark.timeout(180)

BASE_MS = 1_700_000_000_000


def event(topic, at):
    body = {
        "event_id": f"e{at}",
        "event_type": "order.placed",
        "timestamp": "2026-01-01T00:00:00Z",
        "metadata": {"source": "shop", "correlation_id": "k1", "causation_id": f"e{at - 1}"},
        "payload": {"n": at},
    }
    return NewRecord(topic, b"k", json.dumps(body).encode(), ((b"h", b"%d" % at),), 0, BASE_MS + 100 * at)


async def test_new_ids_edits_and_shifted_times_are_verified(bench):
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, [event(source, at) for at in range(4)])
    draft = (await select(bench.log, source, ids="new", timestamps="shift", speed=2)).edit(
        lambda body: body | {"payload": {"n": body["payload"]["n"] + 1}} if body["event_id"] == "e2" else body
    )
    plan = await bench.plan(draft, target)
    assert plan.refusals == ()
    report = await bench.run(plan)
    assert report.state == "verified", repr(report)
    new = [str(uuid.uuid5(uuid.UUID(plan.run_id), f"e{at}")) for at in range(4)]
    found = await read_all(bench.log, target)
    bodies = [json.loads(record.value) for record in found]
    assert [body["event_id"] for body in bodies] == new
    assert [body["metadata"]["causation_id"] for body in bodies] == [None, *new[:3]]
    assert [body["payload"]["n"] for body in bodies] == [0, 1, 3, 3]
    assert dict(found[0].headers)[b"x-replay-boundary-cause"] == b"e-1"
    start = plan.records.start_ms
    assert [record.timestamp_ms - start for record in found] == [0, 50, 100, 150]
    assert report.ledger["new_event_id"].to_pylist() == new
    edits = bench.journal.edits(plan.run_id)
    patches = [json.loads(text)["patch"] for text in edits["patch"].to_pylist()]
    assert patches == [None, None, [{"op": "replace", "path": "/payload/n", "value": 3}], None]
    assert pc.equal(edits["after_sha256"], report.ledger["body_sha256"]).to_pylist() == [True] * 4
    assert (await verify_delivery(bench.log, plan.run_id, bench.journal)).passed


async def test_a_rewritten_run_in_doubt_is_resumed_from_its_journal(bench, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_RECORDS", 2)
    source, target = await bench.topic(1), await bench.topic(1)
    await write(bench.log, [event(source, at) for at in range(6)])
    options = {"ids": "new", "timestamps": "shift"}
    edited = (await select(bench.log, source, **options)).edit([{"op": "add", "path": "/payload/x", "value": 1}])
    plan = await bench.plan(edited, target)
    intent, calls = bench.journal.intent, iter(range(9))

    def fail_later(*arguments: Any, **settled: Any) -> None:
        if next(calls) == 2:
            raise OSError("the disk is gone")
        intent(*arguments, **settled)

    monkeypatch.setattr(bench.journal, "intent", fail_later)
    with contextlib.suppress(OSError):
        await bench.run(plan)
    monkeypatch.setattr(bench.journal, "intent", intent)
    stored = bench.journal.run(plan.run_id).plan
    again = plan_from_json(json.loads(json.dumps(stored)), await select(bench.log, source))
    report = await resume_run(again, bench.log, bench.journal, connection=WRITABLE)
    assert report.state == "verified", repr(report)
    found = [json.loads(record.value) for record in await read_all(bench.log, target)]
    assert [body["payload"] for body in found] == [{"n": at, "x": 1} for at in range(6)]
    assert [body["event_id"] for body in found] == [
        str(uuid.uuid5(uuid.UUID(plan.run_id), f"e{at}")) for at in range(6)
    ]
