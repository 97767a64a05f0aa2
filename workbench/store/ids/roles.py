"""What a text can be to the row that has it, and how an entry of the index is laid out: role, hash, row."""

from __future__ import annotations

from enum import IntEnum

ROW_BITS = 24
HASH_BITS = 37


class IdRole(IntEnum):
    """What a text is to the row that has it. Written to files: a number never changes its meaning."""

    EVENT_ID = 0
    CORRELATION_ID = 1
    LINK_ID = 2
    CAUSE_BY_ID = 3
    CAUSE_BY_LINK = 4
    OTHER_CAUSE = 5
    """A cause by position, or of a kind that this version does not know."""
    ROOT_ID = 6
    TRACE_ID = 7
