"""Decoding again names what found nothing, as capture does, and the snapshot goes on saying so."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.model.records.record import NewRecord

SHOP = {"all": ["value:orderId"], "event_id": "value:orderId", "correlation_id": "value:flow"}
FITS = {"all": ["value:orderId"], "event_id": "value:orderId"}


@pytest.fixture
async def snap(tmp_path):
    async with await wb.connect("memory://again", write=True, reason="test") as cluster:
        await cluster.log.create_topic("orders", partitions=1)
        async with cluster.log.writer() as writer:
            await writer.send([NewRecord("orders", value=b'{"orderId": "ORD-%d"}' % n) for n in range(7)])
        with await cluster.capture("orders", start="start", into=tmp_path / "a.duckdb") as opened:
            yield opened


async def test_selectors_that_found_nothing_are_named_and_kept(snap, tmp_path):
    done = snap.decode_again(conventions={"shop": SHOP, "never": {"all": ["value:nope"], "event_id": "value:nope"}})
    assert done.rows == 7
    unmatched, unread = done.notes
    assert "No event matches the convention never" in unmatched
    assert "correlation_id = value:flow" in unread
    for shown in (repr(done), repr(snap), snap._repr_html_()):
        assert "Convention shop found nothing in its 7 events for correlation_id = value:flow." in shown
    snap.copy_to(tmp_path / "b.duckdb")
    with wb.open(tmp_path / "b.duckdb") as mailed:
        assert "correlation_id = value:flow" in repr(mailed)


async def test_notes_go_when_the_selectors_find_something(snap):
    snap.decode_again(conventions={"shop": SHOP})
    done = snap.decode_again(conventions={"shop": FITS})
    assert (done.rows, done.notes) == (7, ())
    assert repr(done) == "7 records decoded again"
    assert "found nothing" not in repr(snap)
    assert "<li>" not in snap._repr_html_()
