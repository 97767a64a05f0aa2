"""Large answers are decoded as aiokafka decodes them, or refused; whatever the bytes are."""

from __future__ import annotations

import random
import uuid
from io import BytesIO

import pytest
from aiokafka.protocol import admin, offset, types
from hypothesis import given
from hypothesis import strategies as st

from workbench.bus.kafka.wire.answers import decoded, step_of
from workbench.bus.kafka.wire.log_dirs import DescribeLogDirsResponse_v2
from workbench.bus.kafka.wire.metadata import MetadataResponse_v10
from workbench.bus.kafka.wire.types import Uuid

ANSWERS = [
    MetadataResponse_v10,
    DescribeLogDirsResponse_v2,
    offset.OffsetResponse_v1,
    offset.OffsetResponse_v4,
    admin.DescribeConfigsResponse_v2,
]
WHOLE = {types.Int8: 1, types.Int16: 2, types.Int32: 4, types.UInt32: 4, types.Int64: 8}


TEXTS = (None, "", "orders", "\u00e9\U0001f600" * 60)
MADE = {
    types.Boolean: lambda source: source.random() < 0.5,
    types.TaggedFields: lambda _: {},
    types.Bytes: lambda source: source.choice([None, b"", source.randbytes(9)]),
    Uuid: lambda source: source.choice([None, uuid.UUID(int=source.getrandbits(127) | 1)]),
}


def made(field, source):
    """A value of a type, at random."""
    if field in WHOLE:
        bits = 8 * WHOLE[field]
        return source.getrandbits(bits) - (0 if field is types.UInt32 else 1 << bits - 1)
    if field in MADE:
        return MADE[field](source)
    if isinstance(field, types.String):
        return source.choice(TEXTS)
    if isinstance(field, types.Array):
        return None if source.random() < 0.1 else [made(field.array_of, source) for _ in range(source.randrange(4))]
    return tuple(made(one, source) for one in field.fields)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda one: one.__name__)
def test_it_is_what_aiokafka_decodes(answer):
    step, source = step_of(answer.SCHEMA), random.Random(5)  # noqa: S311 - repeatable, not secret
    for _ in range(100):
        values = made(answer.SCHEMA, source)
        data = answer.SCHEMA.encode(values)
        assert decoded(step, data) == answer.SCHEMA.decode(BytesIO(data)) == values
        cut = source.randrange(len(data))
        with pytest.raises(ValueError, match=r"answer|array"):
            decoded(step, data[:cut])


@given(st.binary(max_size=80), st.sampled_from(ANSWERS))
def test_any_bytes_are_decoded_alike_or_refused(data, answer):
    try:
        found = decoded(step_of(answer.SCHEMA), data)
    except ValueError:
        return
    assert found == answer.SCHEMA.decode(BytesIO(data))


def test_tags_are_kept_and_their_order_is_checked():
    schema = types.Schema(("tags", types.TaggedFields))
    assert decoded(step_of(schema), b"\x02\x00\x01a\x05\x02bc") == ({0: b"a", 5: b"bc"},)
    with pytest.raises(ValueError, match="out of order"):
        decoded(step_of(schema), b"\x02\x05\x01a\x00\x01a")


@pytest.mark.parametrize("field", [types.Float64, types.VarInt32, types.String("latin-1"), types.Array(types.Float64)])
def test_what_is_not_known_is_left_to_aiokafka(field):
    assert step_of(types.Schema(("one", field))) is None
