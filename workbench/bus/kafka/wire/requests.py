"""Requests that aiokafka's own classes lack: newer versions, and a fetch whose answer stays raw bytes.

The layouts are those of Apache Kafka's message definitions (``clients/src/main/resources/common/message``).
"""

from __future__ import annotations

import uuid
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
    Int64,
    Schema,
    String,
    TaggedFields,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import BytesIO


class Uuid:
    """Sixteen bytes; all zero stands for none."""

    @classmethod
    def encode(cls, value: uuid.UUID | None) -> bytes:
        return value.bytes if value is not None else bytes(16)

    @classmethod
    def decode(cls, data: BytesIO) -> uuid.UUID | None:
        raw = data.read(16)
        return uuid.UUID(bytes=raw) if any(raw) else None

    @classmethod
    def repr(cls, value: object) -> str:
        return repr(value)


class _Flexible(RequestStruct):  # type: ignore[misc]  # aiokafka ships no types
    API_KEY, API_VERSION, RESPONSE_TYPE, SCHEMA = -1, -1, Response, Schema()
    FLEXIBLE_VERSION = True


class MetadataResponse_v10(Response):  # type: ignore[misc]  # noqa: N801 - named as aiokafka names versions
    """The first version with topic ids."""

    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "brokers",
            CompactArray(
                ("node_id", Int32),
                ("host", CompactString()),
                ("port", Int32),
                ("rack", CompactString()),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_id", CompactString()),
        ("controller_id", Int32),
        (
            "topics",
            CompactArray(
                ("error_code", Int16),
                ("name", CompactString()),
                ("topic_id", Uuid),
                ("is_internal", Boolean),
                (
                    "partitions",
                    CompactArray(
                        ("error_code", Int16),
                        ("partition", Int32),
                        ("leader", Int32),
                        ("leader_epoch", Int32),
                        ("replicas", CompactArray(Int32)),
                        ("isr", CompactArray(Int32)),
                        ("offline", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("authorized_operations", Int32),
                ("tags", TaggedFields),
            ),
        ),
        ("cluster_authorized_operations", Int32),
        ("tags", TaggedFields),
    )


class MetadataRequest_v10(_Flexible):  # noqa: N801 - same
    """Never creates topics."""

    API_KEY = 3
    API_VERSION = 10
    RESPONSE_TYPE = MetadataResponse_v10
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(("topic_id", Uuid), ("name", CompactString()), ("tags", TaggedFields)),
        ),
        ("allow_auto_topic_creation", Boolean),
        ("cluster_authorized_operations", Boolean),
        ("topic_authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class MetadataWithIdsRequest(Request[MetadataRequest_v10]):  # type: ignore[misc]
    """Ask for topics, or for all with None."""

    API_KEY = 3

    def __init__(self, topics: Sequence[str] | None) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[MetadataRequest_v10]) -> MetadataRequest_v10:
        topics: list[tuple[None, str, dict[int, bytes]]] | None = (
            None if self._topics is None else [(None, name, {}) for name in self._topics]
        )
        return request_struct_class(topics, False, False, False, {})


class ListGroupsResponse_v5(Response):  # type: ignore[misc]  # noqa: N801 - same
    """Adds state and type of each group."""

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


class ListGroupsRequest_v5(_Flexible):  # noqa: N801 - same
    """All states, all types."""

    API_KEY = 16
    API_VERSION = 5
    RESPONSE_TYPE = ListGroupsResponse_v5
    SCHEMA = Schema(
        ("states", CompactArray(CompactString())),
        ("types", CompactArray(CompactString())),
        ("tags", TaggedFields),
    )


class ListGroupsWithTypeRequest(Request[ListGroupsRequest_v5]):  # type: ignore[misc]
    """List the groups that one broker coordinates."""

    API_KEY = 16

    def build(self, request_struct_class: type[ListGroupsRequest_v5]) -> ListGroupsRequest_v5:
        return request_struct_class([], [], {})


class DescribeGroupsResponse_v4(Response):  # type: ignore[misc]  # noqa: N801 - same
    """Adds the instance id of each member."""

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
    """aiokafka's version 3 is answered in a layout that it does not read."""

    API_KEY = 15
    API_VERSION = 4
    RESPONSE_TYPE = DescribeGroupsResponse_v4
    SCHEMA = Schema(("groups", Array(String())), ("authorized_operations", Boolean))


class DescribeClassicGroupsRequest(Request[DescribeGroupsRequest_v1 | DescribeGroupsRequest_v4]):  # type: ignore[misc]
    """Describe groups of the classic protocol at their coordinator."""

    API_KEY = 15

    def __init__(self, group_ids: Sequence[str]) -> None:
        self._group_ids = list(group_ids)

    def build(self, request_struct_class: type[Any]) -> Any:
        if request_struct_class is DescribeGroupsRequest_v4:
            return request_struct_class(self._group_ids, False)
        return request_struct_class(self._group_ids)


class DescribeTransactionsResponse_v0(Response):  # type: ignore[misc]  # noqa: N801 - same
    """Where transactions are."""

    API_KEY = 65
    API_VERSION = 0
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "transactions",
            CompactArray(
                ("error_code", Int16),
                ("transactional_id", CompactString()),
                ("state", CompactString()),
                ("timeout_ms", Int32),
                ("started_ms", Int64),
                ("producer_id", Int64),
                ("producer_epoch", Int16),
                (
                    "topics",
                    CompactArray(
                        ("topic", CompactString()),
                        ("partitions", CompactArray(Int32)),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class DescribeTransactionsRequest_v0(_Flexible):  # noqa: N801 - same
    """API 65."""

    API_KEY = 65
    API_VERSION = 0
    RESPONSE_TYPE = DescribeTransactionsResponse_v0
    SCHEMA = Schema(("transactional_ids", CompactArray(CompactString())), ("tags", TaggedFields))


class DescribeTransactionsRequest(Request[DescribeTransactionsRequest_v0]):  # type: ignore[misc]
    """Ask a transaction's coordinator how far it is."""

    API_KEY = 65

    def __init__(self, transactional_id: str) -> None:
        self._transactional_id = transactional_id

    def build(self, request_struct_class: type[DescribeTransactionsRequest_v0]) -> DescribeTransactionsRequest_v0:
        return request_struct_class([self._transactional_id], {})


_TOPIC_PARTITIONS = CompactArray(
    ("topic_id", Uuid),
    ("topic", CompactString()),
    ("partitions", CompactArray(Int32)),
    ("tags", TaggedFields),
)


class ConsumerGroupDescribeResponse_v0(Response):  # type: ignore[misc]  # noqa: N801 - same
    """Groups of the newer protocol (KIP-848)."""

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


class ConsumerGroupDescribeRequest_v0(_Flexible):  # noqa: N801 - same
    """API 69."""

    API_KEY = 69
    API_VERSION = 0
    RESPONSE_TYPE = ConsumerGroupDescribeResponse_v0
    SCHEMA = Schema(
        ("group_ids", CompactArray(CompactString())),
        ("authorized_operations", Boolean),
        ("tags", TaggedFields),
    )


class ConsumerGroupDescribeRequest(Request[ConsumerGroupDescribeRequest_v0]):  # type: ignore[misc]
    """Describe groups of the newer protocol at their coordinator."""

    API_KEY = 69

    def __init__(self, group_ids: Sequence[str]) -> None:
        self._group_ids = list(group_ids)

    def build(self, request_struct_class: type[ConsumerGroupDescribeRequest_v0]) -> ConsumerGroupDescribeRequest_v0:
        return request_struct_class(self._group_ids, False, {})
