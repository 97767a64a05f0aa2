"""Which schema ids the values of each partition name, counted over the stored records."""

from __future__ import annotations

import json

import pytest
from framed_values import ORDER, framed

import workbench as wb
from workbench.exploration import schema_usage as module
from workbench.exploration.schema_usage import COLUMNS, named_by_cluster, schema_name, schema_usage
from workbench.model import NewRecord
from workbench.model.schemas import Schema, Schemas
from workbench.store.snapshot.schemas import SchemaOrigin, add_schemas


@pytest.fixture
async def snap(tmp_path):
    values = [framed(7, b"x"), framed(7, b"x"), b"{}", framed(9, b"y"), framed(7, b"x"), None, b"\0\0"]
    async with await wb.connect("memory://usage", write=True, reason="test") as cluster:
        await cluster.log.create_topic("orders", partitions=2)
        async with cluster.log.writer() as writer:
            rows = [
                NewRecord("orders", partition=0, value=value, timestamp_ms=1_000 + n) for n, value in enumerate(values)
            ]
            await writer.send([*rows, NewRecord("orders", partition=1, value=framed(9, b""), timestamp_ms=-1)])
        with await cluster.capture("orders", into=tmp_path / "a.duckdb") as opened:
            yield opened


@pytest.mark.parametrize("batch_rows", [2, 1_000])
async def test_each_partition_has_its_ids_with_offsets_and_times(snap, monkeypatch, batch_rows):
    monkeypatch.setattr(module, "_BATCH_ROWS", batch_rows)
    frame = schema_usage(snap.store)
    assert dict(frame.dtypes.astype(str)) == COLUMNS
    rows = [
        (r.topic, r.partition, r.schema_id, r.records, r.first_offset, r.last_offset)
        for r in frame.astype(object).where(frame.notna(), None).itertuples()
    ]
    assert rows == [
        ("orders", 0, 7, 3, 0, 4),
        ("orders", 0, None, 2, 2, 6),
        ("orders", 0, 9, 1, 3, 3),
        ("orders", 1, 9, 1, 0, 0),
    ]
    assert frame.first_time[0].isoformat() == "1970-01-01T00:00:01+00:00"
    assert frame.first_time.isna().tolist() == [False, False, False, True]
    assert named_by_cluster(snap.store) == {snap.store.sources()[0].cluster_id: {7, 9}}


async def test_stored_schemas_have_their_names(snap):
    cluster_id = snap.store.sources()[0].cluster_id
    add_schemas(snap.store, SchemaOrigin("r", "", cluster_id), Schemas({7: Schema(7, "AVRO", json.dumps(ORDER))}))
    frame = schema_usage(snap.store)
    assert (frame.type[0], frame.schema[0]) == ("AVRO", "shop.Order")
    assert frame.type.isna().tolist() == [False, True, True, True]


def test_an_empty_snapshot_has_an_empty_frame(store):
    assert dict(schema_usage(store).dtypes.astype(str)) == COLUMNS
    assert named_by_cluster(store) == {}


@pytest.mark.parametrize(
    ("kind", "text", "name"),
    [
        ("AVRO", '{"name": "a.b.C"}', "a.b.C"),
        ("AVRO", '{"name": "C", "namespace": "a"}', "a.C"),
        ("AVRO", '"string"', "string"),
        ("AVRO", "[]", None),
        ("AVRO", "{", None),
        ("JSON", '{"title": "Customer", "$id": "x"}', "Customer"),
        ("JSON", '{"$id": "http://x/y"}', "http://x/y"),
        ("JSON", '{"title": 7}', None),
        ("PROTOBUF", 'syntax = "proto3";\npackage a.b;\nmessage C {\n}', "a.b.C"),
        ("PROTOBUF", "enum X {}", None),
    ],
)
def test_schemas_name_themselves(kind, text, name):
    assert schema_name(kind, text) == name
