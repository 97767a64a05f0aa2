"""Schemas are stored once, by the cluster whose records name them, and travel with the file."""

from __future__ import annotations

import pytest

from workbench.errors import SnapshotFormatError
from workbench.model.schemas import Schema, SchemaReference, Schemas
from workbench.store import SnapshotStore
from workbench.store.snapshot.schemas import SchemaOrigin, add_schemas, schemas_by_cluster, stored_schemas
from workbench.store.transfer import copy_to

ORIGIN = SchemaOrigin("http://r", "", "c1")
MONEY = Schema(1, "AVRO", '"long"')
PRICE = Schema(2, "AVRO", '"Money"', (SchemaReference("Money", "money", 1),))
ALL = Schemas({1: MONEY, 2: PRICE}, {("money", 1): MONEY})


@pytest.fixture
def store(tmp_path):
    with SnapshotStore.open(tmp_path / "a.duckdb", write=True) as opened:
        yield opened


def test_what_is_stored_is_read_again_and_nothing_twice(store):
    for _ in range(2):
        add_schemas(store, ORIGIN, ALL)
    assert stored_schemas(store) == {ORIGIN: ALL}
    assert store.sql("SELECT count(*) AS n FROM schemas").n[0] == 3


def test_ids_of_two_clusters_are_kept_apart(store):
    other = Schemas({1: Schema(1, "JSON", "true")})
    add_schemas(store, ORIGIN, ALL)
    add_schemas(store, SchemaOrigin("http://r2", ".x", "c2"), other)
    assert schemas_by_cluster(store) == {"c1": ALL, "c2": other}


def test_of_two_registries_of_a_cluster_the_later_one_is_believed(store):
    add_schemas(store, ORIGIN, ALL)
    add_schemas(store, SchemaOrigin("http://r2", "", "c1"), Schemas({1: Schema(1, "JSON", "true")}))
    assert schemas_by_cluster(store)["c1"].by_id[1].type == "JSON"
    assert schemas_by_cluster(store)["c1"].by_id[2] == PRICE


def test_a_copy_has_them(store, tmp_path):
    add_schemas(store, ORIGIN, ALL)
    with SnapshotStore.open(copy_to(store, tmp_path / "b.duckdb")) as copy:
        assert stored_schemas(copy) == {ORIGIN: ALL}


def test_a_file_of_before_has_none(store):
    with store.transaction() as cursor:
        cursor.execute("DROP TABLE schemas")
    assert stored_schemas(store) == {}


@pytest.mark.parametrize("text", ["{", "[1]", '[["a", "b", "x"]]', "[" * 10_000, "7"])
def test_references_of_a_strange_file_are_a_reason(store, text):
    with store.transaction() as cursor:
        cursor.execute("INSERT INTO schemas VALUES ('r', '', 'c', 1, NULL, NULL, 'AVRO', '\"int\"', ?)", [text])
    with pytest.raises(SnapshotFormatError, match="references"):
        stored_schemas(store)
