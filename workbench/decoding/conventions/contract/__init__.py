"""The event-bus contract: how its events are written, read and recognised."""

from workbench.decoding.conventions.contract.events import (
    DEFAULT_SCHEMA_VERSION,
    PRIORITY_OF_WORD,
    EncodedEvent,
    body_of,
    decode_event,
    encode_bytes,
    encode_event,
    header_disagreements,
    priority_word,
)

__all__ = [
    "DEFAULT_SCHEMA_VERSION",
    "PRIORITY_OF_WORD",
    "EncodedEvent",
    "body_of",
    "decode_event",
    "encode_bytes",
    "encode_event",
    "header_disagreements",
    "priority_word",
]
