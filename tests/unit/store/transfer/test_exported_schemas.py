"""Schemas travel with exported records, so that values are read without a registry; files of strangers are checked."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from serialised_values import avro_bytes, avro_schema, framed
from snapshot_rows import Filler

from workbench.decoding import Decoder
from workbench.errors import SnapshotError, SnapshotFormatError
from workbench.model.records.columns import RECORD
from workbench.model.schemas import SchemaReference, Schemas
from workbench.store import SnapshotStore
from workbench.store.snapshot.schemas import SchemaOrigin, add_schemas, stored_schemas
from workbench.store.transfer import export_records, exported_schemas, import_file
from workbench.store.transfer.exporting import PARQUET_SCHEMAS

MONEY = {"type": "record", "name": "Money", "fields": [{"name": "cents", "type": "long"}]}
PRICE = {"type": "record", "name": "Price", "fields": [{"name": "net", "type": "Money"}]}
WHOLE = {"type": "record", "name": "Price", "fields": [{"name": "net", "type": MONEY}]}
SCHEMAS = Schemas(
    {
        2: avro_schema(2, PRICE, SchemaReference("Money", "money", 3)),
        4: avro_schema(4, MONEY),
        5: avro_schema(5, {"type": "record", "name": "Unused", "fields": []}),
    },
    {("money", 3): avro_schema(1, MONEY), ("other", 1): avro_schema(6, MONEY)},
)
DECODED = 'select decoded_key, decoded from events order by "offset"'


def records():
    rows = [
        {
            "key": framed(4, avro_bytes(MONEY, {"cents": 7})),
            "value": framed(2, avro_bytes(WHOLE, {"net": {"cents": 9}})),
        },
        {"key": b"plain", "value": b'{"a": 1}'},
        {"key": None, "value": None},
    ]
    more = {"partition": 0, "timestamp_ms": 1, "timestamp_type": 0, "headers": []}
    return pa.Table.from_pylist([{**more, **row, "offset": at} for at, row in enumerate(rows)], schema=RECORD)


@pytest.fixture
def filled(tmp_path):
    with SnapshotStore.open(tmp_path / "first.duckdb", write=True) as store:
        Filler(store, Decoder(schemas=SCHEMAS))(records())
        (source,) = store.sources()
        add_schemas(store, SchemaOrigin("http://registry", ".x", source.cluster_id), SCHEMAS)
        yield store


def imported(path, into):
    with SnapshotStore.open(into, write=True) as store:
        decoder = Decoder()
        import_file(store, path, decoder, decoder.with_schemas)
        return store.sql(DECODED), stored_schemas(store)


@pytest.mark.parametrize("name", ["out.parquet", "out.jsonl"])
def test_records_are_read_where_they_are_imported(filled, tmp_path, name):
    assert export_records(filled, tmp_path / name) == 3
    found, schemas = imported(tmp_path / name, tmp_path / "second.duckdb")
    assert found.equals(filled.sql(DECODED))
    assert found.decoded_key[0] == '{"cents":7}'
    assert found.decoded[0] == '{"net":{"cents":9}}'
    ((origin, known),) = schemas.items()
    assert (origin.registry, origin.context) == ("http://registry", ".x")
    assert (known.by_id.keys(), known.referenced.keys()) == ({2, 4}, {("money", 3)})  # those that are named, no others


def test_only_the_schemas_of_the_chosen_records_go_along(filled, tmp_path):
    assert export_records(filled, tmp_path / "some.jsonl", where='"offset" > 0') == 2
    assert (tmp_path / "some.jsonl").read_bytes().count(b"\n") == 2
    assert export_records(filled, tmp_path / "some.parquet", where='"offset" > 0') == 2
    assert PARQUET_SCHEMAS.encode() not in pq.read_metadata(tmp_path / "some.parquet").metadata


def test_a_schema_that_values_may_mean_by_its_fingerprint_goes_along(filled):
    used = exported_schemas.UsedSchemas(stored_schemas(filled))
    used.see(pa.table({"key": pa.array([None], pa.binary()), "value": pa.array([b"\xc3\x01" + bytes(9)])}))
    assert {row["id"] for row in used.rows()} == {1, 2, 4, 5}


def test_schemas_that_are_too_large_are_refused(filled, tmp_path, monkeypatch):
    monkeypatch.setattr(exported_schemas, "_MOST_BYTES", 100)
    with pytest.raises(SnapshotError, match="larger than 100 bytes"):
        export_records(filled, tmp_path / "out.jsonl")
    assert not (tmp_path / "out.jsonl").exists()


GOOD = {
    "registry": "r", "context": "", "cluster_id": "c", "id": 1, "subject": None, "version": None, "type": "AVRO",
    "text": "{}", "references": "[]",
}  # fmt: skip


@pytest.mark.parametrize(
    "found",
    [
        {},
        [1],
        [{}],
        [GOOD | {"more": 1}],
        [GOOD | {"id": -1}],
        [GOOD | {"id": True}],
        [GOOD | {"id": 2**31}],
        [GOOD | {"text": 1}],
        [GOOD | {"type": "THRIFT"}],
        [GOOD | {"subject": "s"}],
        [GOOD | {"references": "[1]"}],
        [GOOD | {"references": "[" * 100_000}],
    ],
)
def test_schemas_of_a_stranger_are_checked(filled, tmp_path, found):
    export_records(filled, tmp_path / "out.jsonl", where='"offset" > 0')
    with (tmp_path / "out.jsonl").open("a") as file:
        file.write(json.dumps({"schemas": found}) + "\n")
    with SnapshotStore.open(tmp_path / "second.duckdb", write=True) as store:
        with pytest.raises(SnapshotFormatError, match=r"cannot be imported: .* Nothing was stored"):
            import_file(store, tmp_path / "out.jsonl", Decoder())
        assert (store.record_count(), stored_schemas(store)) == (0, {})


def test_metadata_of_parquet_that_is_no_json(filled, tmp_path):
    export_records(filled, tmp_path / "out.parquet")
    table = pq.read_table(tmp_path / "out.parquet")
    pq.write_table(table.replace_schema_metadata({PARQUET_SCHEMAS: "{"}), tmp_path / "bad.parquet")
    with (
        SnapshotStore.open(tmp_path / "second.duckdb", write=True) as store,
        pytest.raises(SnapshotFormatError, match="its schemas are no JSON"),
    ):
        import_file(store, tmp_path / "bad.parquet", Decoder())
