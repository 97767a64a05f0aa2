"""A live service reacts to a stimulus: the reaction is compared with the recorded flow, and what differs is named."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from datetime import UTC, datetime

import pytest

import workbench as wb
from workbench.model import NewRecord, Span, TopicPartition

pytestmark = [pytest.mark.promise("RS-8"), pytest.mark.timeout(180)]

KINDS = {"order.placed": ["payment.authorised", "stock.reserved"], "payment.authorised": ["invoice.sent"]}
"""What the service makes of each event."""


def event(kind, cause, correlation, **payload):
    return {
        "event_id": str(uuid.uuid4()),
        "event_type": kind,
        "timestamp": datetime.now(UTC).isoformat(),
        "metadata": {"source": "shop", "correlation_id": correlation, "causation_id": cause},
        "payload": payload,
    }


def record(topic, body):
    """Reservations go to a topic of their own."""
    name = f"{topic}-stock" if body["event_type"] == "stock.reserved" else topic
    return NewRecord(name, b"k", json.dumps(body).encode(), (), 0)


class Service:
    """Reads a topic and writes to it what each event causes."""

    def __init__(self, cluster, topic, start) -> None:
        self.cluster, self.topic, self.start = cluster, topic, start
        self.kinds = KINDS
        self.price = 10

    async def run(self):
        async with self.cluster.log.reader([Span(self.topic, 0, self.start, None)]) as reader:
            while True:
                for chunk in await reader.read(max_wait_ms=50):
                    for row in chunk.rows():
                        await self.react(json.loads(row.value))

    async def react(self, body):
        made = []
        for kind in self.kinds.get(body["event_type"], ()):
            correlation = body["metadata"]["correlation_id"]
            made.append(event(kind, body["event_id"], correlation, price=self.price))
        if made:
            async with self.cluster.log.writer() as writer:
                await writer.send([record(self.topic, one) for one in made])

    @contextlib.asynccontextmanager
    async def running(self):
        task = asyncio.create_task(self.run())
        try:
            yield self
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def written(cluster, topic):
    """Wait until both flows are there."""
    partitions = [TopicPartition(topic, 0), TopicPartition(f"{topic}-stock", 0)]
    async with asyncio.timeout(60):
        while True:
            ends = await cluster.log.offsets(partitions, "latest")
            if [ends[at] for at in partitions] == [6, 2]:
                return
            await asyncio.sleep(0.02)


@pytest.fixture
async def flow(address, topic_name, tmp_path):
    """A cluster with a topic, two flows of four events on it, and the snapshot of them."""
    topic = topic_name("orders")
    async with await wb.connect(address, write=True, reason="regression") as cluster:
        for name in (topic, f"{topic}-stock"):
            await cluster.log.create_topic(name, partitions=1, config={"retention.ms": "-1"})
        async with Service(cluster, topic, 0).running():
            for name in ("k1", "k2"):
                async with cluster.log.writer() as writer:
                    placed = event("order.placed", None, name, price=10)
                    await writer.send([record(topic, placed)])
            await written(cluster, topic)
        snap = await cluster.capture([topic, f"{topic}-stock"], into=tmp_path / "flow.duckdb", progress=False)
        yield cluster, topic, snap
        snap.close()
        for name in (topic, f"{topic}-stock"):
            await cluster.log.delete_topic(name)


async def stimulate(flow, change=None, **options):
    """Replay the roots of the first flow into the topic while the service runs, and read the reaction."""
    cluster, topic, snap = flow
    draft = snap.replay("correlation_id = 'k1'", mode="stimulus", ids="new", allow_same_topic=True, timestamps="now")
    plan = await cluster.plan(draft, to=topic)
    service = Service(cluster, topic, 6)
    if change is not None:
        change(service)
    async with service.running():
        report = await cluster.run(plan, confirm=plan.token)
        assert report.state == "verified", repr(report)
        return await snap.replays.reaction(report.run_id, cluster, **options)


def results(reaction):
    return dict(zip(reaction.frame["check"], reaction.frame["result"], strict=True))


async def test_the_same_reaction_passes(flow, tmp_path):
    reaction = await stimulate(flow, into=tmp_path / "reaction")
    assert json.loads((tmp_path / "reaction" / "reaction.json").read_text())["result"] == "pass"
    assert reaction.passed, repr(reaction)
    assert reaction.exit_status == 0
    assert list(results(reaction)) == [
        "shape", "causes", "correlation", "latency", "payload", "errors", "completeness",
    ]  # fmt: skip
    assert (len(reaction.original), len(reaction.pairs), len(reaction.missing), len(reaction.extra)) == (4, 4, 0, 0)
    assert sorted(reaction.latency["effect_type"]) == ["invoice.sent", "payment.authorised", "stock.reserved"]
    assert repr(reaction).startswith("level 3: reaction to a replay of 4 events: pass\n")
    _, _, snap = flow
    run = snap.replays.rows()[0]["run"]
    (entry,) = [row for row in snap.journal().audit_rows(run) if row["action"] == "replay.reaction"]
    assert entry["result"] == "pass"


async def test_a_missing_and_a_new_effect_fail(flow):
    def change(service):
        service.kinds = KINDS | {"order.placed": ["payment.authorised", "payment.authorised"]}

    reaction = await stimulate(flow, change, verify_timeout_s=2)
    assert results(reaction)["shape"] == results(reaction)["completeness"] == "fail"
    assert reaction.missing["event_type"].to_list() == ["stock.reserved"]
    assert sorted(reaction.extra["event_type"]) == ["invoice.sent", "payment.authorised"]
    assert reaction.exit_status == 1


async def test_another_payload_fails_unless_its_path_is_ignored(flow):
    def change(service):
        service.price = 11

    reaction = await stimulate(flow, change)
    assert [name for name, result in results(reaction).items() if result != "pass"] == ["payload"]
    assert set(reaction.payload["path"]) == {"payload.price"}
    assert reaction.payload["after"].to_list() == [11, 11, 11]


async def test_an_effect_that_never_comes_ends_the_wait(flow):
    def change(service):
        service.kinds = {}

    reaction = await stimulate(flow, change, verify_timeout_s=1, optional=["stock.reserved"])
    assert results(reaction)["completeness"] == "fail"
    assert sorted(reaction.missing["event_type"]) == ["invoice.sent", "payment.authorised", "stock.reserved"]
    assert "payment.authorised (1 time)" in repr(reaction)
    assert "stock.reserved" not in repr(reaction)
