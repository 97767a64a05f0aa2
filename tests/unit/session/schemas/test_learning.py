"""Schemas met by captures and tails are fetched once and stored; a registry that is away is said, not waited for."""

from __future__ import annotations

import asyncio
import time

import pyarrow as pa
import pytest
from framed_values import ORDER, ORDER_2, avro_value, framed
from listeners import listening, silent

import workbench as wb
from workbench.bus.registry import fetching
from workbench.session.schemas.learning import named_ids


async def reaches(condition):
    for _ in range(500):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail("the condition was not reached within 10 s")


async def test_a_capture_stores_the_schemas_that_values_name(cluster, server, write, tmp_path):
    first, second = server.add("orders-value", ORDER), server.add("orders-value", ORDER_2)
    server.add("unused", ORDER_2 | {"name": "Other"})
    values = [avro_value(first, ORDER, {"orderId": str(n), "cents": n}) for n in range(50)]
    await write("orders", *values, avro_value(second, ORDER_2, {"orderId": "x", "cents": 1, "note": "n"}))
    with await cluster.capture("orders", into=tmp_path / "a.duckdb") as snap:
        assert sorted(snap.schemas.frame.schema_id) == [first, second]
        assert snap.schemas.frame.registry.unique().tolist() == [server.url]
        assert snap.last_capture.notes == ()
        assert repr(snap.schemas) == "<SnapshotSchemas 2 schemas>"
    assert server.count("GET", f"/schemas/ids/{first}") == 1
    await write("orders", *values)
    with await cluster.capture("orders", into=tmp_path / "a.duckdb") as snap:
        assert len(snap.schemas.frame) == 2
    assert server.count("GET", f"/schemas/ids/{first}") == 1


async def test_a_colleague_without_a_registry_has_them(cluster, server, write, tmp_path):
    made = server.add("orders-value", ORDER)
    await write("orders", avro_value(made, ORDER, {"orderId": "1", "cents": 1}))
    with await cluster.capture("orders", into=tmp_path / "a.duckdb") as snap:
        snap.copy_to(tmp_path / "b.duckdb")
    asked = len(server.asked)
    with wb.open(tmp_path / "b.duckdb", write=True) as mailed:
        assert mailed.decode_again().rows == 1
        assert mailed.schemas.usage().schema.tolist() == ["shop.Order"]
    assert len(server.asked) == asked


async def test_a_registry_that_is_away_is_said_once_and_read_later(server, write, cluster, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "WAIT_S", 0.2)
    made = server.add("orders-value", ORDER)
    await write("orders", *[avro_value(made, ORDER, {"orderId": str(n), "cents": n}) for n in range(1_000)])
    said = []
    async with (
        listening(silent) as port,
        await wb.connect(cluster.address, schema_registry=f"http://127.0.0.1:{port}") as other,
    ):
        began = time.monotonic()
        snap = await other.capture(
            "orders", into=tmp_path / "a.duckdb", progress=lambda progress: said.append(progress.note)
        )
        assert time.monotonic() - began < 5
    with snap:
        assert snap.last_capture.state == "complete"
        (note,) = snap.last_capture.notes
        assert "decode_again" in note
        assert note in said
        assert note in repr(snap)
        assert snap.schemas.frame.empty
        formats = "SELECT DISTINCT format, raw_reason FROM events"
        assert snap.sql(formats).format.tolist() == ["raw"]
        assert "no answer within" in snap.sql(formats).raw_reason[0]
        done = await asyncio.to_thread(snap.decode_again, schema_registry=server.url)
        assert snap.sql(formats).format.tolist() == ["avro"]
        assert (done.rows, done.notes) == (1_000, ())
        assert snap.schemas.frame.schema_id.tolist() == [made]
        # In a cell, too, where a loop runs.
        missing = snap.decode_again(schema_registry="http://127.0.0.1:9")
        assert missing.rows == 1_000


async def test_what_decode_again_cannot_get_is_a_note(server, write, cluster, tmp_path):
    await write("orders", framed(77, b"x"))
    with await cluster.capture("orders", into=tmp_path / "a.duckdb") as snap:
        assert "77 cannot be had" in snap.last_capture.notes[0]
        assert "77 cannot be had" in snap.decode_again(schema_registry=server.url).notes[0]


async def test_a_tail_fetches_schemas_and_says_what_is_missing(server, write, cluster):
    made = server.add("orders-value", ORDER)
    await write("orders", avro_value(made, ORDER, {"orderId": "1", "cents": 1}), framed(77, b"x"))
    table = cluster.tail("orders", start="start")
    await reaches(lambda: table.feed.stats.total == 2)
    assert server.count("GET", f"/schemas/ids/{made}") == 1
    assert "77 cannot be had" in table.feed.stats.note


def test_ids_are_found_in_columns():
    values = pa.array([framed(3, b""), None, b"{}", framed(3, b"a"), framed(9, b"")], pa.binary())
    assert named_ids([values, values.slice(4)]) == {3, 9}


@pytest.mark.parametrize("size", [5 << 20])
async def test_a_large_schema_is_stored(cluster, server, write, tmp_path, size):
    made = server.add("big", {"type": "object", "description": "x" * size}, "JSON")
    await write("big", framed(made, b"{}"))
    with await cluster.capture("big", into=tmp_path / "a.duckdb") as snap:
        assert len(snap.schemas.frame.text[0]) > size
