"""`snap.schemas`: what is stored, as a frame."""

from __future__ import annotations

import pytest

import workbench as wb
from workbench.model.schemas import Schema, SchemaReference, Schemas
from workbench.store import SnapshotStore
from workbench.store.snapshot.schemas import SchemaOrigin, add_schemas


@pytest.fixture
def file(tmp_path):
    with SnapshotStore.open(tmp_path / "a.duckdb", write=True) as store:
        price = Schema(2, "AVRO", '{"name": "Price"}', (SchemaReference("Money", "money", 3),))
        money = Schema(1, "AVRO", '{"name": "Money"}')
        add_schemas(store, SchemaOrigin("http://r", ".x", "c1"), Schemas({2: price}, {("money", 3): money}))
    return tmp_path / "a.duckdb"


def test_named_and_referenced_schemas_are_listed(file):
    with wb.open(file) as snap:
        frame = snap.schemas.frame
        assert repr(snap.schemas) == "<SnapshotSchemas 1 schema>"
        assert snap.schemas.usage().empty
    assert frame.schema_id.tolist() == [2, 1]
    assert frame.name.tolist() == ["Price", "Money"]
    assert frame.subject.isna().tolist() == [True, False]
    assert (frame.subject[1], frame.version[1], frame.context[1], frame.cluster_id[1]) == ("money", 3, ".x", "c1")
