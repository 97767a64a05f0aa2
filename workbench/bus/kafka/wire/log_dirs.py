"""The request that describes the log directories of a broker (API 35), which aiokafka lacks.

Layout: Apache Kafka's message definitions, ``clients/src/main/resources/common/message``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka.protocol.api import Request, Response
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Int64, Schema, TaggedFields

from workbench.bus.kafka.wire.types import Flexible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class DescribeLogDirsResponse_v2(Response):  # type: ignore[misc]  # noqa: N801 - named as aiokafka names versions
    """The size of each partition in each directory of one broker."""

    API_KEY = 35
    API_VERSION = 2
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "results",
            CompactArray(
                ("error_code", Int16),
                ("log_dir", CompactString()),
                (
                    "topics",
                    CompactArray(
                        ("name", CompactString()),
                        (
                            "partitions",
                            CompactArray(
                                ("partition", Int32),
                                ("size", Int64),
                                ("offset_lag", Int64),
                                ("is_future", Boolean),
                                ("tags", TaggedFields),
                            ),
                        ),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class DescribeLogDirsRequest_v2(Flexible):  # noqa: N801 - same
    """The first version of API 35 with compact fields."""

    API_KEY = 35
    API_VERSION = 2
    RESPONSE_TYPE = DescribeLogDirsResponse_v2
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic", CompactString()), ("partitions", CompactArray(Int32)), ("tags", TaggedFields)),
        ),
        ("tags", TaggedFields),
    )


class DescribeLogDirsRequest(Request[DescribeLogDirsRequest_v2]):  # type: ignore[misc]
    """Asks one broker for the sizes of partitions that it holds."""

    API_KEY = 35

    def __init__(self, partitions: Mapping[str, Sequence[int]]) -> None:
        self._partitions = partitions

    def build(self, request_struct_class: type[DescribeLogDirsRequest_v2]) -> DescribeLogDirsRequest_v2:
        return request_struct_class([(topic, list(numbers), {}) for topic, numbers in self._partitions.items()], {})
