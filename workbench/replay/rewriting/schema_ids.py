"""Replaces the schema id in front of a value by that of another registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.replay.rewriting.json_body import NotRewritable

if TYPE_CHECKING:
    from collections.abc import Mapping

_FRAME = 5
"""A zero byte and a schema id of 32 bits, big-endian."""


def schema_id(value: bytes | None) -> int | None:
    """Return the schema id in front of a value; None where there is none."""
    if value is None or len(value) < _FRAME or value[0]:
        return None
    return int.from_bytes(value[1:_FRAME], "big")


def with_schema_id(value: bytes | None, ids: Mapping[int, int]) -> bytes | None:
    """Return a value with its schema id replaced.

    Raises:
        NotRewritable: The map does not have its id.
    """
    old = schema_id(value)
    if old is None or value is None:
        return value
    if old not in ids:
        raise NotRewritable(f"its schema id {old} is not in the map of schema_ids")
    return b"\x00" + ids[old].to_bytes(4, "big") + value[_FRAME:]
