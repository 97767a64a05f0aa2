"""Values of MessagePack and CBOR that libraries wrote, and a change of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cbor2
import msgpack

from workbench.decoding.formats.choice import Choices
from workbench.decoding.formats.encoding import encoded_value
from workbench.decoding.formats.topic_format import TopicFormat
from workbench.model.schemas import Schemas

if TYPE_CHECKING:
    from workbench.decoding.formats.encoding import EncodedValue

CHOICES = Choices(Schemas(), {name: TopicFormat(name) for name in ("msgpack", "cbor")})
FORMATS = {"msgpack": (msgpack.packb, msgpack.unpackb), "cbor": (cbor2.dumps, cbor2.loads)}
"""What writes and reads a format."""


def opened(name: str, value: bytes) -> EncodedValue:
    """A value as it is read by the workbench."""
    found = encoded_value(CHOICES, name, (), value)
    assert found is not None
    return found


def changed(name: str, value: bytes, tree: Any) -> bytes:
    """The bytes of a value with another tree."""
    return opened(name, value).written(tree)
