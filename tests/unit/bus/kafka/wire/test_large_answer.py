"""A large answer is the answer that aiokafka makes, whether its schema is known to the compiled code or not."""

from __future__ import annotations

from io import BytesIO

import pytest
from aiokafka.protocol.api import Response
from aiokafka.protocol.offset import OffsetResponse_v4
from aiokafka.protocol.types import Float64, Int32, Schema

from workbench.bus.kafka.wire.large_answer import LargeAnswer


class Unknown(Response):
    API_KEY, API_VERSION, SCHEMA = -1, -1, Schema(("share", Float64), ("number", Int32))


@pytest.mark.parametrize(
    ("kind", "values"), [(OffsetResponse_v4, (0, [("orders", [(3, 0, -1, 1842, 7)])])), (Unknown, (0.5, 3))]
)
def test_it_is_read_behind_the_header(kind, values):
    data = BytesIO(b"head" + kind.SCHEMA.encode(values))
    data.read(4)
    assert LargeAnswer(kind).decode(data) == kind(*values)
