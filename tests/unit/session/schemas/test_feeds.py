"""The panels of `cluster.schemas` and `snap.schemas`."""

from __future__ import annotations

from framed_values import ORDER, ORDER_2

from workbench.model.schemas import Schema, Schemas
from workbench.session.snapshot import Snapshot
from workbench.store import SnapshotStore
from workbench.store.snapshot.schemas import SchemaOrigin, add_schemas


def framed(number: int) -> bytes:
    return b"\x00" + number.to_bytes(4, "big") + b"\x00"


async def test_a_panel_of_a_registry_shows_where_records_change_their_schema(cluster, server, write, tmp_path):
    server.add("orders-value", ORDER)
    server.add("orders-value", ORDER_2)
    server.add("customers-value", {"title": "Customer"}, "JSON")
    await write("orders", framed(1), framed(1), framed(2), b"{}")
    with await cluster.capture("orders", into=tmp_path / "a.duckdb", progress=False) as snap:
        panel = await cluster.schemas.show(snap, subject="orders-value")
        text = panel.snapshot().text
        assert "orders/0 id 1: 0 to 1, 2 records" in text
        assert "orders/0 id 2: 2 to 2, 1 record" in text
        assert "BACKWARD" in text
        assert "From version 1 to version 2" in text
        assert "customers-value" in text
        panel.close()
        stored = snap.schemas.show()
        await stored.choose("refresh", 0)
        text = stored.snapshot().text
        assert "shop.Order" in text
        assert "From version 1 to version 2" in text
        assert "orders/0 id 2: 2 to 2, 1 record" in text
        stored.close()
    other = await cluster.schemas.show(prefix="customers")
    assert other.subject == "customers-value"
    assert [row.subject for row in other.feed.subjects] == ["customers-value"]
    assert "Give a snapshot" in other.snapshot().text
    other.close()


async def test_a_registry_without_subjects(cluster):
    panel = await cluster.schemas.show()
    assert panel.look is None
    await panel.choose("refresh", 0)
    assert "0 subjects" in panel.snapshot().text
    panel.close()


def test_schemas_of_two_registries_are_kept_apart(tmp_path):
    with Snapshot(SnapshotStore.open(tmp_path / "a.duckdb", write=True)) as snap:
        for cluster in ("c1", "c2"):
            schema = Schema(1, "AVRO", '{"type": "record", "name": "Order", "fields": []}')
            add_schemas(snap.store, SchemaOrigin(f"http://{cluster}", "", cluster), Schemas({1: schema}))
        feed = snap.schemas.show().feed
        assert [row.subject.split(" of ")[0] for row in feed.subjects] == ["Order", "Order"]
        looks = [feed.look_now(row.subject) for row in feed.subjects]
        assert [one.cluster_id for one in looks] == ["c1", "c2"]
        assert [one.first for one in looks] == [None, None]
