"""Requests that list and describe consumer groups of both protocols, in versions that aiokafka lacks.

Layouts: Apache Kafka's message definitions, ``clients/src/main/resources/common/message``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka.protocol.admin import DescribeGroupsRequest_v1
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Array,
    Boolean,
    Bytes,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Schema,
    String,
    TaggedFields,
)

from workbench.bus.kafka.wire.types import Flexible, Uuid

if TYPE_CHECKING:
    from collections.abc import Sequence


class ListGroupsResponse_v5(Response):  # type: ignore[misc]  # noqa: N801 - same
    """Groups with their state and type. Version 5 is the first with the type (KIP-848)."""

    API_KEY = 16
    API_VERSION = 5
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "groups",
            CompactArray(
                ("group_id", CompactString()),
                ("protocol_type", CompactString()),
                ("state", CompactString()),
                ("group_type", CompactString()),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class ListGroupsRequest_v5(Flexible):  # noqa: N801 - same
    """Filters by state and type; empty lists mean all."""

    API_KEY = 16
    API_VERSION = 5
    RESPONSE_TYPE = ListGroupsResponse_v5
    SCHEMA = Schema(
        ("states", CompactArray(CompactString())),
        ("types", CompactArray(CompactString())),
        ("tags", TaggedFields),
    )


class ListGroupsWithTypeRequest(Request[ListGroupsRequest_v5]):  # type: ignore[misc]
    """Lists the groups that one broker coordinates; every broker must be asked."""

    API_KEY = 16

    def build(self, request_struct_class: type[ListGroupsRequest_v5]) -> ListGroupsRequest_v5:
        return request_struct_class([], [], {})


class DescribeGroupsResponse_v4(Response):  # type: ignore[misc]  # noqa: N801 - same
    """Groups of the classic protocol with the instance id of each member (static membership)."""

    API_KEY = 15
    API_VERSION = 4
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "groups",
            Array(
                ("error_code", Int16),
                ("group", String()),
                ("state", String()),
                ("protocol_type", String()),
                ("protocol", String()),
                (
                    "members",
                    Array(
                        ("member_id", String()),
                        ("instance_id", String()),
                        ("client_id", String()),
                        ("client_host", String()),
                        ("metadata", Bytes),
                        ("assignment", Bytes),
                    ),
                ),
                ("authorized_operations", Int32),
            ),
        ),
    )


class DescribeGroupsRequest_v4(RequestStruct):  # type: ignore[misc]  # noqa: N801 - same
    """Version 4, because brokers answer aiokafka's version 3 in a layout that aiokafka does not read."""

    API_KEY = 15
    API_VERSION = 4
    RESPONSE_TYPE = DescribeGroupsResponse_v4
    SCHEMA = Schema(("groups", Array(String())), ("authorized_operations", Boolean))


class DescribeClassicGroupsRequest(Request[DescribeGroupsRequest_v1 | DescribeGroupsRequest_v4]):  # type: ignore[misc]
    """Describes groups of the classic protocol; goes to their coordinator."""

    API_KEY = 15

    def __init__(self, group_ids: Sequence[str]) -> None:
        self._group_ids = list(group_ids)

    def build(self, request_struct_class: type[Any]) -> Any:
        if request_struct_class is DescribeGroupsRequest_v4:
            return request_struct_class(self._group_ids, False)
        return request_struct_class(self._group_ids)


_TOPIC_PARTITIONS = CompactArray(
    ("topic_id", Uuid),
    ("topic", CompactString()),
    ("partitions", CompactArray(Int32)),
    ("tags", TaggedFields),
)


class ConsumerGroupDescribeResponse_v0(Response):  # type: ignore[misc]  # noqa: N801 - same
    """Groups of the consumer protocol (KIP-848), with the current and the target assignment of each member."""

    API_KEY = 69
    API_VERSION = 0
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
                        ("instance_id", CompactString()),
                        ("rack_id", CompactString()),
                        ("member_epoch", Int32),
                        ("client_id", CompactString()),
                        ("client_host", CompactString()),
                        ("topics", CompactArray(CompactString())),
                        ("topic_regex", CompactString()),
                        ("assignment", Schema(("partitions", _TOPIC_PARTITIONS), ("tags", TaggedFields))),
                        ("target", Schema(("partitions", _TOPIC_PARTITIONS), ("tags", TaggedFields))),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class ConsumerGroupDescribeRequest_v0(Flexible):  # noqa: N801 - same
    """The first version of API 69."""

    API_KEY = 69
    API_VERSION = 0
    RESPONSE_TYPE = ConsumerGroupDescribeResponse_v0
    SCHEMA = Schema(
        ("group_ids", CompactArray(CompactString())),
        ("authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class ConsumerGroupDescribeRequest(Request[ConsumerGroupDescribeRequest_v0]):  # type: ignore[misc]
    """Describes groups of the consumer protocol (KIP-848); goes to their coordinator."""

    API_KEY = 69

    def __init__(self, group_ids: Sequence[str]) -> None:
        self._group_ids = list(group_ids)

    def build(self, request_struct_class: type[ConsumerGroupDescribeRequest_v0]) -> ConsumerGroupDescribeRequest_v0:
        return request_struct_class(self._group_ids, False, {})
