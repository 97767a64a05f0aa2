"""What a running tail notices is tested through `follow_chunks`; here only what it must not say or do."""

from __future__ import annotations

import pytest

from workbench.bus.memory import MemoryLog
from workbench.capture.window import resolve_window
from workbench.live import changes
from workbench.live.changes import Changes
from workbench.model import NewRecord
from workbench.model.selecting.topic_selection import parse_topics
from workbench.model.selecting.window import End


@pytest.fixture
async def log(topic_name):
    async with MemoryLog(topic_name()) as opened:
        await opened.create_topic("orders")
        yield opened


async def changes_of(log, said, topics="ord*"):
    selection = parse_topics(topics)
    window = await resolve_window(log, selection, End(), None)
    return Changes(log, selection, window, isolation="read_committed", partitions=None, say=said.append)


async def test_it_looks_only_now_and_then(log):
    seen = await changes_of(log, said := [])
    await log.create_topic("orders.eu")
    assert await seen.look() == []
    assert said == []


async def test_transactions_that_end_soon_are_not_mentioned(log, monkeypatch):
    monkeypatch.setattr(changes, "METADATA_S", 0)
    seen = await changes_of(log, said := [])
    async with log.writer(transactional_id="t") as writer:
        for _ in range(3):
            await writer.begin()
            await writer.send([NewRecord("orders", value=b"x")])
            assert await seen.look() == []
            await writer.commit()
    assert said == []


async def test_a_cluster_that_is_away_is_not_its_business(log, monkeypatch):
    monkeypatch.setattr(changes, "METADATA_S", 0)
    seen = await changes_of(log, said := [])
    log.faults.drop_connection()
    assert await seen.look() == []
    log.faults.restore()
    await log.create_topic("orders.eu")
    assert [span.topic for span in await seen.look()] == ["orders.eu"]
    assert len(said) == 1
