"""Writes and reads the position of a record.

People see and type ``topic/partition@offset``. Envelopes, graph keys and the header ``x-replay-of`` hold
``topic/partition/offset``: stored snapshots and other tools compare that text, so its form stays. Both are read.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from workbench.errors import PositionError
from workbench.text.visible import visible, visible_name

_POSITION = re.compile(r"(?P<topic>.+)/(?P<partition>[0-9]{1,10})@(?P<offset>[0-9]{1,19})", re.DOTALL)
# Without a slash in the topic (Kafka allows none), so that it reads one way only.
_STORED_POSITION = re.compile(r"(?P<topic>[^/]+)/(?P<partition>[0-9]{1,10})/(?P<offset>[0-9]{1,19})")
_MAX_PARTITION = 2**31 - 1
_MAX_OFFSET = 2**63 - 1


class PositionParts(NamedTuple):
    """The three parts of a position."""

    topic: str
    partition: int
    offset: int


def partition_text(topic: str, partition: int | None) -> str:
    """Write a partition: ``orders/3``; the topic alone while the partition is not known."""
    shown = visible(topic, None)
    return shown if partition is None else f"{shown}/{partition}"


def position_text(topic: str, partition: int, offset: int, *, limit: int | None = None) -> str:
    """Write a position: ``orders/3@1842``; `parse_position` reads it back for every topic name that Kafka allows.

    Args:
        topic: Name of the topic; from an imported file it may be hostile, so it is made visible.
        partition: Number of the partition.
        offset: Offset of the record in it.
        limit: Characters kept of the topic; None keeps all. What was cut cannot be read back.
    """
    return f"{visible(topic, None) if limit is None else visible_name(topic, limit)}/{partition}@{offset}"


def stored_position(topic: str, partition: int, offset: int) -> str:
    """Write a position as it is stored and compared: ``orders/3/1842``; `parse_position` reads it back."""
    return f"{topic}/{partition}/{offset}"


def readable_position(text: str, limit: int | None = None) -> str:
    """Write a stored position as people read it: ``orders/3@1842``; other text is made visible as it is."""
    found = _match(text)
    if found is None:
        return visible(text, limit)
    return f"{visible(found['topic'], limit)}/{found['partition']}@{found['offset']}"


def parse_position(text: str) -> PositionParts:
    """Read a position written as ``topic/partition@offset``, or as `stored_position` writes it.

    Raises:
        PositionError: It is written otherwise, or a number is larger than Kafka has.
    """
    found = _match(text)
    if found is None:
        raise _error(text, "it is not of the form topic/partition@offset")
    partition, offset = int(found["partition"]), int(found["offset"])
    if partition > _MAX_PARTITION:
        raise _error(text, f"no partition is above {_MAX_PARTITION}")
    if offset > _MAX_OFFSET:
        raise _error(text, f"no offset is above {_MAX_OFFSET}")
    return PositionParts(found["topic"], partition, offset)


def is_position(text: str) -> bool:
    """Tell whether a text has the form of a position, whatever its numbers."""
    return _match(text) is not None


def _match(text: str) -> re.Match[str] | None:
    return _POSITION.fullmatch(text) or _STORED_POSITION.fullmatch(text)


def _error(text: str, why: str) -> PositionError:
    return PositionError(
        f"The position '{visible(text, 100)}' cannot be read: {why}. Write it like orders/3@1842.",
        text=text,
    )
