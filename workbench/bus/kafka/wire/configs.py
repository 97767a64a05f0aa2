"""The request that changes single settings (API 44, KIP-339), which aiokafka lacks.

Its older sibling sets a topic's settings as a whole, and resets those that it does not name.
Layout: Apache Kafka's message definitions, ``clients/src/main/resources/common/message``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiokafka.protocol.api import Request, Response
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int8, Int16, Int32, Schema, TaggedFields

from workbench.bus.kafka.wire.types import Flexible

if TYPE_CHECKING:
    from collections.abc import Mapping

_TOPIC = 2
_SET, _DELETE = 0, 1


class IncrementalAlterConfigsResponse_v1(Response):  # type: ignore[misc]  # noqa: N801 - named as aiokafka names versions
    """An error, or none, for each resource."""

    API_KEY = 44
    API_VERSION = 1
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        (
            "responses",
            CompactArray(
                ("error_code", Int16),
                ("error_message", CompactString()),
                ("resource_type", Int8),
                ("resource_name", CompactString()),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class IncrementalAlterConfigsRequest_v1(Flexible):  # noqa: N801 - same
    """The newest version of API 44."""

    API_KEY = 44
    API_VERSION = 1
    RESPONSE_TYPE = IncrementalAlterConfigsResponse_v1
    SCHEMA = Schema(
        (
            "resources",
            CompactArray(
                ("resource_type", Int8),
                ("resource_name", CompactString()),
                (
                    "configs",
                    CompactArray(
                        ("name", CompactString()),
                        ("operation", Int8),
                        ("value", CompactString()),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("validate_only", Boolean),
        ("tags", TaggedFields),
    )


class AlterTopicConfigRequest(Request[IncrementalAlterConfigsRequest_v1]):  # type: ignore[misc]
    """Sets settings of one topic, or takes them back to their default where the value is None."""

    API_KEY = 44

    def __init__(self, topic: str, settings: Mapping[str, str | None]) -> None:
        self._topic = topic
        self._settings = settings

    def build(self, request_struct_class: type[IncrementalAlterConfigsRequest_v1]) -> IncrementalAlterConfigsRequest_v1:
        rows: list[Any] = [
            (name, _DELETE if value is None else _SET, value, {}) for name, value in sorted(self._settings.items())
        ]
        return request_struct_class([(_TOPIC, self._topic, rows, {})], False, {})
