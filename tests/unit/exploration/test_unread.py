"""Own conventions that match nothing, or read nothing, are named after a capture."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.model.records.record import NewRecord

SHOP = {
    "all": ["value:orderId"],
    "event_id": "value:orderId",
    "correlation_id": "value:flow",
    "event_type": "const:order",
}
NEVER = {"all": ["value:nothing.like.it"], "event_id": "value:id"}
CAUSE = {**SHOP, "cause": "value:parent"}


@pytest.fixture
async def cluster():
    async with await wb.connect("memory://unread", write=True, reason="test") as opened:
        await opened.log.create_topic("orders", partitions=1)
        async with opened.log.writer() as writer:
            await writer.send([NewRecord("orders", value=b'{"orderId": "ORD-%d"}' % n) for n in range(7)])
        yield opened


@pytest.mark.parametrize(
    ("conventions", "said"),
    [
        (
            {"shop": SHOP},
            ["Convention shop found nothing in its 7 events for correlation_id = value:flow. snap.describe()"],
        ),
        ({"never": NEVER}, ["No event matches the convention never; snap.describe()"]),
        (
            {"shop": CAUSE, "never": NEVER},
            ["convention never", "for cause = value:parent; correlation_id = value:flow"],
        ),
        ({"fits": {"all": ["value:orderId"], "event_id": "value:orderId"}}, []),
        (None, []),
    ],
)
async def test_what_never_found_anything_is_named(cluster, tmp_path, conventions, said):
    snap = await cluster.capture("orders", start="start", into=tmp_path / "a.duckdb", conventions=conventions)
    notes = snap.last_capture.notes
    assert len(notes) == len(said)
    for note, words in zip(notes, said, strict=True):
        assert words in note
        assert note in repr(snap)
    snap.close()
