"""The record of an event in full, by its position in the snapshot."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.model import NewRecord
from workbench.model.causation import EventPosition
from workbench.session.records import record_detail


@pytest.fixture
async def snap(tmp_path):
    async with await wb.connect("memory://details", write=True, reason="test") as cluster:
        await cluster.log.create_topic("orders", partitions=1)
        async with cluster.log.writer() as writer:
            await writer.send(
                [
                    NewRecord("orders", b"k", b'{"total": "<b>1</b>"}', ((b"type", b"created"),), partition=0),
                    NewRecord("orders", None, None, (), partition=0),
                ]
            )
        with await cluster.capture("orders", into=tmp_path / "one.duckdb", progress=False) as snapshot:
            yield snapshot


async def test_facts_headers_and_body(snap):
    detail = record_detail(snap.store, EventPosition(1, "orders", 0, 0))
    assert detail is not None
    facts = dict(detail.facts)
    assert (facts["record"], facts["key"], facts["envelope"]) == ("orders/0@0", "k", "none")
    assert detail.headers == (("type", "created"),)
    assert '"<b>1</b>"' in detail.body


async def test_a_tombstone_and_a_position_that_is_not_there(snap):
    tombstone = record_detail(snap.store, EventPosition(1, "orders", 0, 1))
    assert tombstone is not None
    assert tombstone.body == "null (a tombstone)"
    assert record_detail(snap.store, EventPosition(1, "orders", 0, 9)) is None


async def test_the_graph_of_a_snapshot_can_read_its_records(snap):
    graph = snap.graph.show()
    try:
        assert graph._read_record(EventPosition(1, "orders", 0, 0)).headers == (("type", "created"),)
    finally:
        graph.close()
