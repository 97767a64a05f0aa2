"""The format that a person fixed for the values of a topic: ``[topics.orders] format = "avro"``."""

from __future__ import annotations

from dataclasses import dataclass

AVRO = "avro"
PROTOBUF = "protobuf"
MSGPACK = "msgpack"
CBOR = "cbor"
BYTE_FORMATS = (AVRO, PROTOBUF, MSGPACK, CBOR)
"""Formats of bytes that a topic can be fixed to; JSON needs no setting."""


@dataclass(frozen=True, slots=True)
class TopicFormat:
    """How the values of a topic are read where no frame names a schema that is known.

    Attributes:
        format: One of `BYTE_FORMATS`.
        schema: Content of the schema's file: JSON of Avro, a ``.proto`` file, or a descriptor set; empty for formats
            without schemas, and for Protobuf where the wire format itself is to be shown.
        message: Full name of the Protobuf message; the first of the schema unless given.
        reader_schema: An Avro schema that values are read as, whatever they were written with.
    """

    format: str
    schema: bytes = b""
    message: str = ""
    reader_schema: bytes = b""
