"""Statistics of a window are exact counts, and two windows are told apart."""

from __future__ import annotations

import json

import pytest

import workbench as wb
from workbench.live import statistics
from workbench.model import NewRecord


def event(number, kind, **more):
    return {
        "event_id": f"00000000-0000-4000-8000-{number:012d}",
        "event_type": kind,
        "timestamp": "2026-11-23T10:00:00Z",
        "metadata": {"correlation_id": f"00000000-0000-4000-9000-{number:012d}", "source": "shop"},
        "security_context": {"user_id": "u1"},
        "payload": {"n": number, **more},
    }


@pytest.fixture
async def cluster(topic_name):
    async with await wb.connect(f"memory://{topic_name('counts')}", write=True, reason="test") as opened:
        await opened.log.create_topic("orders", partitions=2)
        await opened.log.create_topic("empty")
        yield opened


async def send(cluster, count, kind="order.paid", **more):
    rows = [
        NewRecord("orders", b"k%d" % (n % 10), json.dumps(event(n, kind, **more)).encode(), (), n % 2)
        for n in range(count)
    ]
    async with cluster.log.writer() as writer:
        await writer.send(rows)


async def test_counts_of_a_window(cluster):
    await send(cluster, 90)
    await send(cluster, 10, "order.<b>void")
    async with cluster.log.writer() as writer:
        await writer.send([NewRecord("orders", None, b"x" * 5_000), NewRecord("orders", b"gone", None, (), 0)])
    seen = []
    found = await cluster.statistics("*", progress=seen.append)
    empty, orders = found.topics
    assert (empty.topic, empty.records, empty.null_share, empty.keys) == ("empty", 0, 0.0, 0)
    assert (orders.records, orders.keys, orders.keyless, orders.tombstones) == (102, 11, 1, 1)
    assert dict(orders.types) == {"order.paid": 90, "order.<b>void": 10, None: 2}
    assert dict(orders.formats) == {"contract" if "contract" in orders.formats else "json": 100, "raw": 1, None: 1}
    assert orders.value_bytes["max"] == 5_000
    assert 200 < orders.value_bytes["p50"] <= orders.value_bytes["p99"] < 5_000
    assert {"value:payload.n", "key"} <= {field.selector for field in orders.fields}
    assert seen[-1] == 102
    assert found.reason == ""
    assert "order.paid 88%" in repr(found)
    assert "<b>" not in found._repr_html_()
    rows = {row["topic"]: row for row in found.rows()}
    assert rows["orders"]["records"] == 102
    assert sum(row["records"] for row in found.type_rows()) == 102
    assert {row["selector"] for row in found.field_rows()} >= {"value:event_type"}


async def test_two_windows_drift(cluster):
    await send(cluster, 50)
    before = await cluster.statistics("orders")
    await send(cluster, 50, "order.void", n="text", extra="y" * 2_000)
    after = await cluster.statistics("orders", start="+25")
    drift = {row["what"]: (row["a"], row["b"]) for row in before.drift(after)}
    assert drift["share of type order.paid"] == ("100.0%", "0.0%")
    assert drift["field value:payload.n"] == ("integer", "text")
    assert drift["field value:payload.extra"] == ("absent", "text")
    assert "value size p50" in drift
    assert "order.void" in before.drift_text(after)
    assert before.drift(before) == []
    assert before.drift_text(before) == "nothing differs by so much"


async def test_the_limit_is_said_and_keys_are_merged(cluster, monkeypatch):
    monkeypatch.setattr(statistics, "_MERGE_KEYS", 3)
    monkeypatch.setattr(statistics, "READ_BYTES", 1)
    await send(cluster, 60)
    found = await cluster.statistics("orders", limit=20)
    assert "stopped because the limit of 20 records was reached" in found.reason
    whole = await cluster.statistics("orders")
    assert whole.topics[0].keys == 10
    monkeypatch.setattr(statistics, "MOST_KEYS", 2)
    capped = (await cluster.statistics("orders")).topics[0]
    assert capped.keys_at_least or capped.keys == 10
