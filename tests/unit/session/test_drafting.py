"""Many records are read from a snapshot in steps and mapped from a file: the draft and its plan are the same."""

from __future__ import annotations

import json

import pyarrow.compute as pc
import pytest

import workbench as wb
from workbench.buffers import mapped
from workbench.model import NewRecord
from workbench.replay import make_plan
from workbench.session import decoded_records

TOPICS = ("orders", "payments")


@pytest.fixture
async def cluster(topic_name):
    async with await wb.connect(f"memory://{topic_name('drafts')}", write=True, reason="test") as opened:
        for topic in TOPICS:
            await opened.log.create_topic(topic, partitions=3)
        records = []
        for at in range(90):
            body = {"event_id": f"e{at}", "event_type": "paid", "causation_id": f"e{at - 1}" if at % 3 else None}
            value = None if at % 20 == 19 else json.dumps(body).encode()
            records.append(NewRecord(TOPICS[at % 2], b"k%d" % at, value, ((b"h", b"x" * at),), at % 3, 10**12 - at % 7))
        async with opened.log.writer() as writer:
            await writer.send(records)
        yield opened


@pytest.mark.parametrize("order", ["offset", "timestamp"])
@pytest.mark.parametrize("options", [{}, {"ids": "new", "skip_refused": True}, {"partitions": "murmur2"}])
async def test_a_mapped_draft_gives_the_same_plan(cluster, tmp_path, monkeypatch, order, options):
    snap = await cluster.capture(list(TOPICS), into=tmp_path / "incident.duckdb", progress=False)
    with snap:
        held = snap.replay("true", order=order, **options)
        plan = await cluster.plan(held)
        for module, name in ((decoded_records, "FEW_ROWS"), (mapped, "LEAST_TABLE"), (mapped, "LEAST_ARRAY")):
            monkeypatch.setattr(module, name, 7)
        before = len(mapped._mappings)
        draft = snap.replay("true", order=order, **options)
        assert len(mapped._mappings) > before
        assert draft.records.num_rows == 90
        assert draft.records.equals(held.records)
        assert pc.sum(draft.records["caused"]).as_py() > 20
        again = make_plan(draft, plan.facts)
        assert again.hash == plan.hash
        assert (again.warnings, again.estimates, again.samples) == (plan.warnings, plan.estimates, plan.samples)
        assert again.steps.equals(plan.steps)
        run = await cluster.plan(draft)
        assert (await cluster.run(run, confirm=run.token)).state == "verified"
