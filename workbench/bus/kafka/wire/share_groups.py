"""Requests that describe share groups (KIP-932), which aiokafka lacks: members, assignments and start offsets.

Layouts: Apache Kafka's message definitions, ``clients/src/main/resources/common/message``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiokafka.protocol.api import Request, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

from workbench.bus.kafka.wire.types import Flexible, Uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

_TOPIC_PARTITIONS = CompactArray(
    ("topic_id", Uuid),
    ("topic", CompactString()),
    ("partitions", CompactArray(Int32)),
    ("tags", TaggedFields),
)


class ShareGroupDescribeResponse_v1(Response):  # type: ignore[misc]  # noqa: N801 - named as aiokafka names versions
    """Share groups with their members and what is assigned to each. Version 1 is the first that is not a preview."""

    API_KEY = 77
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "groups",
            CompactArray(
                ("error_code", Int16),
                ("error_message", CompactString()),
                ("group_id", CompactString()),
                ("state", CompactString()),
                ("group_epoch", Int32),
                ("assignment_epoch", Int32),
                ("assignor", CompactString()),
                (
                    "members",
                    CompactArray(
                        ("member_id", CompactString()),
                        ("rack_id", CompactString()),
                        ("member_epoch", Int32),
                        ("client_id", CompactString()),
                        ("client_host", CompactString()),
                        ("topics", CompactArray(CompactString())),
                        ("assignment", Schema(("partitions", _TOPIC_PARTITIONS), ("tags", TaggedFields))),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class ShareGroupDescribeRequest_v1(Flexible):  # noqa: N801 - same
    """The only version of API 77 that brokers keep."""

    API_KEY = 77
    API_VERSION = 1
    RESPONSE_TYPE = ShareGroupDescribeResponse_v1
    SCHEMA = Schema(
        ("group_ids", CompactArray(CompactString())),
        ("authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class ShareGroupDescribeRequest(Request[ShareGroupDescribeRequest_v1]):  # type: ignore[misc]
    """Describes share groups; goes to their coordinator."""

    API_KEY = 77

    def __init__(self, group_ids: Sequence[str]) -> None:
        self._group_ids = list(group_ids)

    def build(self, request_struct_class: type[ShareGroupDescribeRequest_v1]) -> ShareGroupDescribeRequest_v1:
        return request_struct_class(self._group_ids, False, {})


class ShareGroupOffsetsResponse_v0(Response):  # type: ignore[misc]  # noqa: N801 - same
    """Start offset of each partition of a share group: what is before it is done with."""

    API_KEY = 90
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "groups",
            CompactArray(
                ("group_id", CompactString()),
                (
                    "topics",
                    CompactArray(
                        ("topic", CompactString()),
                        ("topic_id", Uuid),
                        (
                            "partitions",
                            CompactArray(
                                ("partition", Int32),
                                ("start_offset", Int64),
                                ("leader_epoch", Int32),
                                ("error_code", Int16),
                                ("error_message", CompactString()),
                                ("tags", TaggedFields),
                            ),
                        ),
                        ("tags", TaggedFields),
                    ),
                ),
                ("error_code", Int16),
                ("error_message", CompactString()),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class ShareGroupOffsetsRequest_v0(Flexible):  # noqa: N801 - same
    """Asks for all partitions of each group: its list of topics is null."""

    API_KEY = 90
    API_VERSION = 0
    RESPONSE_TYPE = ShareGroupOffsetsResponse_v0
    SCHEMA = Schema(
        (
            "groups",
            CompactArray(
                ("group_id", CompactString()),
                (
                    "topics",
                    CompactArray(
                        ("topic", CompactString()), ("partitions", CompactArray(Int32)), ("tags", TaggedFields)
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class ShareGroupOffsetsRequest(Request[ShareGroupOffsetsRequest_v0]):  # type: ignore[misc]
    """Reads the start offsets of one share group; goes to its coordinator."""

    API_KEY = 90

    def __init__(self, group_id: str) -> None:
        self._group_id = group_id

    def build(self, request_struct_class: type[ShareGroupOffsetsRequest_v0]) -> ShareGroupOffsetsRequest_v0:
        return request_struct_class([(self._group_id, None, {})], {})
