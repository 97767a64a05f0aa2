"""A record is explained by what the cluster holds around its time, and by where groups stand."""

from __future__ import annotations

import json

import pytest

import workbench as wb
from workbench.errors import ConfigurationError, PositionError, UnknownEventError, UnknownTopicError, WindowError
from workbench.model import NewRecord, TopicPartition

T0 = 1_700_000_000_000


def event(topic, number, *, cause=None, correlation="flow-1", partition=0, at=None):
    value = {"id": f"e{number}", "type": f"type.{number}", "source": "/shop", "specversion": "1.0"}
    headers = []
    if correlation:
        headers.append((b"x-correlation-id", correlation.encode()))
        value["correlationid"] = correlation
    if cause:
        value["causationid"] = cause
    return NewRecord(topic, b"k", json.dumps(value).encode(), tuple(headers), partition, T0 + (at or number) * 1000)


@pytest.fixture
async def cluster(topic_name):
    async with await wb.connect(f"memory://{topic_name('explain')}", write=True, reason="test") as opened:
        await opened.log.create_topic("orders", partitions=2)
        await opened.log.create_topic("payments")
        async with opened.log.writer() as writer:
            await writer.send(
                [
                    event("orders", 1),
                    event("payments", 2, cause="e1"),
                    event("orders", 3, cause="e2"),
                    event("orders", 4, cause="e3"),
                    event("orders", 5, correlation="other"),
                    event("payments", 6, cause="e4", at=3_600),
                    NewRecord("orders", None, b"no event at all", (), 1, T0),
                ]
            )
        yield opened


async def test_causes_and_effects_are_found_in_other_topics(cluster):
    found = await cluster.explain("orders/0@1")
    assert [row["event_id"] for row in found.led_to_it] == ["e1", "e2"]
    assert [row["event_id"] for row in found.came_of_it] == ["e4"]
    assert found.read.startswith("complete: ")
    assert found.position == found.record.position == "orders/0@1"
    text = repr(found)
    assert "What led to it: 2 events" in text
    assert "5 min before and after" in text
    assert found._repr_html_()
    wider = await cluster.explain("orders/0@1", around="2h")
    assert [row["event_id"] for row in wider.came_of_it] == ["e4", "e6"]
    narrow = await cluster.explain("orders/0@1", topics="orders")
    assert narrow.led_to_it == []


async def test_groups_are_told_by_their_committed_offsets(cluster):
    place = TopicPartition("orders", 0)
    await cluster.log.commit_offsets("past", {place: 2})
    await cluster.log.commit_offsets("next", {place: 1})
    await cluster.log.commit_offsets("elsewhere", {TopicPartition("orders", 1): 1})
    found = await cluster.explain("orders/0@1")
    assert [(one.group_id, one.consumed) for one in found.groups] == [("next", False), ("past", True)]
    assert [one.verdict for one in found.groups] == ["not yet: it is the next one", "committed past it"]
    assert {row["kind"] for row in found.rows()} == {"led to it", "came of it", "group"}


async def test_a_record_without_ids_says_so(cluster):
    found = await cluster.explain("orders/1@0")
    assert (found.trace, found.led_to_it, found.read) == (None, [], "nothing was read")
    assert "names no ids" in found.notes[0]


async def test_what_does_not_exist_is_named(cluster):
    with pytest.raises(UnknownEventError, match="no record orders/0@99"):
        await cluster.explain("orders/0@99")
    with pytest.raises(UnknownTopicError, match="no partition 7"):
        await cluster.explain("orders/7@0")
    with pytest.raises(UnknownTopicError):
        await cluster.record("nowhere/0@0")
    with pytest.raises(PositionError):
        await cluster.record("orders")
    with pytest.raises(WindowError):
        await cluster.explain("orders/0@1", around="long")


async def test_positions_and_partitions_are_pages(cluster):
    assert (await cluster.record("orders/0@1")).value.startswith(b'{"id": "e3"')
    page = await cluster.page("orders/0@1")
    assert [record.position for record in page] == ["orders/0@1", "orders/0@2", "orders/0@3"]
    assert [record.position for record in await page.previous()] == ["orders/0@0"]
    assert [r.position for r in await cluster.page("orders", start="start", partition=1)] == ["orders/1@0"]
    with pytest.raises(ConfigurationError, match="leave out"):
        await cluster.page("orders/0@1", start="start")


async def test_reading_ends_in_time(cluster):
    found = await cluster.explain("orders/0@1", most_s=0.0)
    assert found.trace is None
    assert any("0 s had passed" in note for note in found.notes)
