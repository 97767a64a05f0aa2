"""Configuration of the decoder, and header lists of any length."""

from __future__ import annotations

import pickle

import pytest
from agreement import record_rows

from workbench.decoding import Decoder, TopicConvention
from workbench.errors import ConfigurationError
from workbench.model.schemas import Schema, Schemas


def test_a_topic_fixed_to_an_unknown_convention_is_refused():
    with pytest.raises(ConfigurationError, match="shop"):
        Decoder(topic_conventions={"t": TopicConvention("shop")})


def test_more_headers_than_shapes_hold_and_endless_names():
    many = [(f"h{at}".encode(), b"v") for at in range(100)]
    headers = [[*many, (b"correlation_id", b"late")] for _ in range(10)]
    assert (
        Decoder().decode(record_rows([(one, b"{}") for one in headers]), "t")["correlation_id"].to_pylist()
        == ["late"] * 10
    )
    unique = [[(f"n{at}".encode(), b"v"), (b"correlation_id", b"c")] for at in range(50)]
    assert (
        Decoder().decode(record_rows([(one, None) for one in unique]), "t")["correlation_id"].to_pylist() == ["c"] * 50
    )


def test_a_decoder_with_more_schemas_is_another_decoder():
    order, money = Schema(7, "AVRO", '"string"'), Schema(3, "AVRO", '"int"')
    decoder = Decoder(schemas=Schemas({3: money}, missing={7: "HTTP 503"}))
    more = decoder.with_schemas(Schemas({7: order}))
    assert decoder.schemas == Schemas({3: money}, missing={7: "HTTP 503"})
    assert more.schemas == Schemas({3: money, 7: order})
    assert pickle.loads(pickle.dumps(more)).schemas == more.schemas  # noqa: S301 - our own
