"""Replaces the schema id in front of a value by that of another registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.replay.rewriting.json_body import NotRewritable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_FRAME = 5
"""A zero byte and a schema id of 32 bits, big-endian."""


def schema_id(value: bytes | None) -> int | None:
    """Return the schema id in front of a value; None where there is none."""
    if value is None or len(value) < _FRAME or value[0]:
        return None
    return int.from_bytes(value[1:_FRAME], "big")


def schema_ids(values: pa.Array) -> NDArray[np.int64]:
    """Return the schema id in front of each of some values; -1 where there is none."""
    heads = pc.binary_slice(pc.fill_null(values, b""), 0, _FRAME)
    whole = pc.equal(pc.binary_length(heads), _FRAME)
    fixed = pc.if_else(whole, heads, pa.scalar(b"\xff" * _FRAME, pa.binary())).cast(pa.binary(_FRAME))
    content = np.frombuffer(fixed.buffers()[1], np.uint8)[_FRAME * fixed.offset :][: _FRAME * len(fixed)]
    rows = content.reshape(-1, _FRAME)
    numbers = rows[:, 1:].astype(np.int64) @ (1 << np.arange(24, -1, -8, dtype=np.int64))
    return np.where(rows[:, 0] == 0, numbers, -1)


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
