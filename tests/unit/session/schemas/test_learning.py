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
from workbench.model import NewRecord
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


async def test_keys_are_read_by_the_schemas_that_they_name(cluster, server, tmp_path):
    key = {"type": "record", "name": "Key", "fields": [{"name": "id", "type": "string"}]}
    made = server.add("orders-key", key)
    time_ms = (1_700_000_000_000).to_bytes(8)
    keys = [avro_value(made, key, {"id": "o-1"}), b"plain", None, time_ms, b"\xff"]
    await cluster.log.create_topic("orders", partitions=1)
    async with cluster.log.writer() as writer:
        await writer.send([NewRecord("orders", one, b'{"total": 1}') for one in keys])
    with await cluster.capture("orders", into=tmp_path / "a.duckdb") as snap:
        assert snap.last_capture.notes == ()  # that no schema has the id of a number is nothing to tell
        assert list(snap.schemas.frame.schema_id) == [made]
        texts = snap.sql('select key_text, payload, key from events order by "offset"')
        assert texts.key_text.tolist()[:2] == ['{"id":"o-1"}', "plain"]
        assert texts.key_text.isna().tolist() == [False, False, True, True, True]
        assert [bytes(one) for one in texts.key.dropna()] == [one for one in keys if one is not None]
        assert snap.sql("select count(*) n from events where decoded_key->>'$.id' = 'o-1'").n[0] == 1
        assert snap.sql("select count(*) n from records where key_text like '{%'").n[0] == 1
        assert [len(found) for found in (snap.payload("orders"), snap.events())] == [5, 5]
        assert snap.payload("orders").key.tolist()[0] == '{"id":"o-1"}'
        snap.pack()
        assert snap.sql("select decoded_key from events where decoded_key is not null").decoded_key.tolist() == [
            '{"id":"o-1"}'
        ]
    assert server.count("GET", "/schemas/ids/101327") == 1


async def test_numbers_as_keys_do_not_flood_the_registry(cluster, server, tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "AT_ONCE", 5)
    made = server.add("orders-value", ORDER)
    await cluster.log.create_topic("orders", partitions=1)
    async with cluster.log.writer() as writer:
        value = avro_value(made, ORDER, {"orderId": "1", "cents": 1})
        await writer.send([NewRecord("orders", (n << 24).to_bytes(8), value) for n in range(500, 900)])
    with await cluster.capture("orders", into=tmp_path / "a.duckdb") as snap:
        assert snap.sql("select distinct format from events").format.tolist() == ["avro"]
        assert snap.last_capture.notes == ()
    assert len(server.asked) == 1 + fetching.KEY_UNKNOWN_LIMIT


async def test_keys_are_read_later_by_a_registry_that_is_named_then(cluster, server, tmp_path):
    made = server.add("orders-key", ORDER)
    address = cluster.address
    await cluster.log.create_topic("orders", partitions=1)
    async with cluster.log.writer() as writer:
        await writer.send([NewRecord("orders", avro_value(made, ORDER, {"orderId": "1", "cents": 1}), b"{}")])
    async with await wb.connect(address) as plain:
        with await plain.capture("orders", into=tmp_path / "a.duckdb") as snap:
            assert snap.sql("select decoded_key from events").decoded_key.isna().all()
            assert snap.decode_again(schema_registry=server.url).notes == ()
            assert snap.sql("select key_text from records").key_text.tolist() == ['{"orderId":"1","cents":1}']


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
