"""Types and compression of the columns of packed tables."""

from __future__ import annotations

import pyarrow as pa
import pytest

from workbench.store.file.layout import STORED_EVENT, STORED_RECORD
from workbench.store.file.types import columns, sql_type


def column(schema, name):
    return next(one for one in columns(schema).split(", ") if one.startswith(f'"{name}"'))


@pytest.mark.parametrize("name", ["key", "value"])
def test_payloads_are_compressed_with_zstd(name):
    assert column(STORED_RECORD, name) == f'"{name}" BLOB USING COMPRESSION zstd'


@pytest.mark.parametrize("name", ["event_id", "event_type", "correlation_id"])
def test_texts_are_compressed_as_the_engine_chooses(name):
    assert column(STORED_EVENT, name) == f'"{name}" VARCHAR'


def test_nested_types_are_written_in_sql():
    pair = pa.struct([("name", pa.binary()), ("value", pa.binary())])
    assert sql_type(pa.list_(pair)) == 'STRUCT("name" BLOB, "value" BLOB)[]'
