"""Checks that the topic under a cursor is still the one that reading began with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from workbench.bus.refusals import deleted_while_read, recreated_while_read

if TYPE_CHECKING:
    from workbench.bus.kafka.connection.metadata import TopicMetadata
    from workbench.bus.kafka.fetching.cursors import Cursor

_DELETED_S = 1.0
"""Seconds after which a topic that had an id, and that the metadata no longer names, counts as deleted."""


def check_identity(cursor: Cursor, topic: TopicMetadata) -> None:
    """Refuse a topic that was deleted and created anew: its offsets mean other records.

    The name stays the same, so only the topic id (KIP-516) tells; brokers without topic ids give None.
    """
    cursor.missing_since = None
    if cursor.topic_id is None:
        cursor.topic_id = topic.topic_id
    elif topic.topic_id is not None and topic.topic_id != cursor.topic_id:
        raise recreated_while_read(topic.name)


def check_still_there(cursor: Cursor) -> None:
    """Raise where a topic that had an id stays away; at first it may only be news to the broker that was asked."""
    now = time.monotonic()
    if cursor.missing_since is None:
        cursor.missing_since = now
    elif cursor.topic_id is not None and now - cursor.missing_since >= _DELETED_S:
        raise deleted_while_read(cursor.partition.topic)
