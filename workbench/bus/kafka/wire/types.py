"""Types of the Kafka protocol that aiokafka lacks: UUIDs, and requests with tagged fields."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from aiokafka.protocol.api import RequestStruct, Response
from aiokafka.protocol.types import Schema

if TYPE_CHECKING:
    from io import BytesIO


class Uuid:
    """A UUID of sixteen bytes; None is written as all zeros, as the protocol does for "no id"."""

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


class Flexible(RequestStruct):  # type: ignore[misc]  # aiokafka ships no types
    """A request with a header of version 2 (KIP-482): lengths are varints and every struct ends in tagged fields."""

    API_KEY, API_VERSION, RESPONSE_TYPE, SCHEMA = -1, -1, Response, Schema()
    FLEXIBLE_VERSION = True
