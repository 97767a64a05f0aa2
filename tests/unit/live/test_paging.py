"""Pages of topics cover every record once, forwards and backwards, whatever the times and the gaps."""

from __future__ import annotations

import random

import pytest

import workbench as wb
from workbench.errors import ConfigurationError, UnknownTopicError
from workbench.model import NewRecord, TopicPartition


@pytest.fixture
async def cluster(topic_name):
    async with await wb.connect(f"memory://{topic_name('pages')}", write=True, reason="test") as opened:
        await opened.log.create_topic("orders", partitions=3)
        source = random.Random(5)  # noqa: S311 - repeatable, not secret
        rows = [
            NewRecord("orders", b"k%d" % n, b"v%d" % n, (), source.choice([0, 0, 0, 1]), 1_700_000_000_000 + n * 10)
            for n in range(100)
        ]
        rows[40] = NewRecord("orders", b"k40", b"v40", (), 0, 1_600_000_000_000)
        async with opened.log.writer() as writer:
            await writer.send(rows)
        async with opened.log.writer(transactional_id="t") as writer:
            await writer.begin()
            await writer.send([NewRecord("orders", b"no", b"aborted", (), 0)])
            await writer.abort()
        opened.log.punch_holes(TopicPartition("orders", 0), [5, 6, 7])
        yield opened


async def everything(cluster):
    return {record.position async for record in cluster.records("orders", start="start", stop_at_end=True)}


@pytest.mark.parametrize("count", [1, 7, 50, 1_000])
async def test_pages_forwards_and_backwards_are_all_records_once(cluster, count):
    wanted = await everything(cluster)
    assert len(wanted) == 97
    forwards = []
    page = await cluster.page("orders", start="start", count=count)
    while len(page):
        forwards += [record.position for record in page]
        page = await page.next()
    assert len(forwards) == len(set(forwards))
    assert set(forwards) == wanted
    backwards = []
    page = await cluster.page("orders", end="end", count=count)
    while len(page):
        backwards = [record.position for record in page] + backwards
        page = await page.previous()
    assert len(backwards) == len(set(backwards))
    assert set(backwards) == wanted
    for order in (forwards, backwards):
        for partition in (0, 1):
            own = [int(text.rpartition("@")[2]) for text in order if text.startswith(f"orders/{partition}@")]
            assert own == sorted(own)


async def test_pages_go_on_from_each_other_both_ways(cluster):
    middle = await (await cluster.page("orders", start="start", count=10)).next()
    again = await (await middle.next()).previous()
    assert len(middle) == 10
    assert [one.position for one in again] == [one.position for one in middle]
    before = await middle.previous()
    assert {one.position for one in before}.isdisjoint(one.position for one in middle)
    newest = await cluster.page("orders", end="end", count=3)
    assert [one.value for one in newest] == [b"v97", b"v98", b"v99"]
    assert len(await newest.next()) == 0
    async with cluster.log.writer() as writer:
        await writer.send([NewRecord("orders", b"new", b"<b>", (), 2)])
    following = await newest.next()
    assert [one.key for one in following] == [b"new"]
    assert "orders/2@0" in repr(following)
    assert "<b>" not in following._repr_html_()
    assert following.frame["topic"].tolist() == ["orders"]


async def test_a_page_needs_one_bound_and_a_topic(cluster):
    for wrong in ({}, {"start": 1, "end": 2}, {"start": 0, "count": 0}, {"start": 0, "count": 10_001}):
        with pytest.raises(ConfigurationError):
            await cluster.page("orders", **wrong)
    with pytest.raises(UnknownTopicError):
        await cluster.page("nowhere", start="start")
    await cluster.log.create_topic("empty")
    assert repr(await cluster.page("empty", end="end")) == "0 records of 1 partition"
