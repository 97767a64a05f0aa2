"""Configuration of the decoder, and header lists of any length."""

from __future__ import annotations

import pyarrow as pa
import pytest

from workbench.decoding import Decoder, TopicConvention
from workbench.errors import ConfigurationError
from workbench.model.records.columns import RECORD


def batch_of(
    values: list[bytes | None], headers: list[list[tuple[bytes, bytes | None]]] | None = None
) -> pa.RecordBatch:
    rows = [
        {
            "partition": 0,
            "offset": at,
            "timestamp_ms": 0,
            "timestamp_type": 0,
            "key": None,
            "value": value,
            "headers": [{"name": n, "value": v} for n, v in (headers[at] if headers else [])],
        }
        for at, value in enumerate(values)
    ]
    return pa.RecordBatch.from_pylist(rows, schema=RECORD)


def test_a_topic_fixed_to_an_unknown_convention_is_refused():
    with pytest.raises(ConfigurationError, match="shop"):
        Decoder(topic_conventions={"t": TopicConvention("shop")})


def test_more_headers_than_shapes_hold_and_endless_names():
    many = [(f"h{at}".encode(), b"v") for at in range(100)]
    headers = [[*many, (b"correlation_id", b"late")] for _ in range(10)]
    assert Decoder().decode(batch_of([b"{}"] * 10, headers), "t")["correlation_id"].to_pylist() == ["late"] * 10
    unique = [[(f"n{at}".encode(), b"v"), (b"correlation_id", b"c")] for at in range(50)]
    assert Decoder().decode(batch_of([None] * 50, unique), "t")["correlation_id"].to_pylist() == ["c"] * 50
