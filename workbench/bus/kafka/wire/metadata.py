"""The metadata request with topic ids (version 10), which aiokafka lacks.

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
    Schema,
    TaggedFields,
)

from workbench.bus.kafka.wire.types import Flexible, Uuid

if TYPE_CHECKING:
    from collections.abc import Sequence


class MetadataResponse_v10(Response):  # type: ignore[misc]  # noqa: N801 - named as aiokafka names versions
    """Brokers, and topics with their ids. Version 10 is the first with topic ids (KIP-516)."""

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


class MetadataRequest_v10(Flexible):  # noqa: N801 - same
    """Asks by name; ids of topics are left empty in the request."""

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
    """Asks for the metadata of some topics, or of all with None; never creates a topic.

    With ``rights`` the answer says for each topic which operations the user may perform.
    """

    API_KEY = 3

    def __init__(self, topics: Sequence[str] | None, *, rights: bool = False) -> None:
        self._topics = topics
        self._rights = rights

    def build(self, request_struct_class: type[MetadataRequest_v10]) -> MetadataRequest_v10:
        topics: list[tuple[None, str, dict[int, bytes]]] | None = (
            None if self._topics is None else [(None, name, {}) for name in self._topics]
        )
        return request_struct_class(topics, False, False, self._rights, {})
