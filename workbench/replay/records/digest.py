"""SHA-256 digests of a record, of a selection and of a plan; they prove that what was confirmed is what is sent.

A body digest covers key, value and headers; headers whose name begins with ``x-replay`` are left out, so that the
record that was read and the record that was written have the same one.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from workbench.buffers import mapped
from workbench.bus.rows import header_column
from workbench.replay.records import bodies

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model import HeaderList

TOKEN_DIGITS = 8
_POSITION = ("topic", "partition", "offset", "timestamp_ms", "timestamp_type")

Digests: TypeAlias = "np.ndarray[Any, np.dtype[np.uint8]]"
"""Body digests, 32 bytes in each row."""


def body_sha256(key: bytes | None, value: bytes | None, headers: HeaderList = ()) -> bytes:
    """Return the digest of a record body, 32 bytes."""
    columns = pa.array([key], pa.binary()), pa.array([value], pa.binary()), header_column([headers])
    digest: bytes = bodies.body_digests(*columns)[0].tobytes()
    return digest


def body_digests(table: pa.Table | pa.RecordBatch) -> Digests:
    """Return the body digest of each row of a table with the RECORD columns."""
    parts = (
        bodies.body_digests(*batch.columns) for batch in mapped.batches_of(table.select(["key", "value", "headers"]))
    )
    return mapped.mapped_array(itertools.chain([np.empty((0, 32), np.uint8)], parts))


def digest_column(digests: Digests) -> pa.Array:
    """Return digests as a binary column."""
    count = len(digests)
    ends = np.arange(0, 32 * count + 1, 32, dtype=np.int32)
    content = np.ascontiguousarray(digests)
    return pa.Array.from_buffers(pa.binary(), count, [None, pa.py_buffer(ends), pa.py_buffer(content)])


def selection_sha256(table: pa.Table, digests: Digests) -> str:
    """Return the digest of a selection as hex digits: topic, position, timestamp and body of each record in row order.

    Args:
        table: Columns ``topic, partition, offset, timestamp_ms, timestamp_type`` in seq order.
        digests: Body digest of each row.
    """
    digest = hashlib.sha256()
    first = 0
    for batch in mapped.batches_of(table.select(_POSITION)):
        partitions, offsets, times, kinds = (batch.column(name).to_numpy() for name in _POSITION[1:])
        own = digests[first : first + batch.num_rows]
        bodies.digest_positions(digest, batch.column("topic"), partitions, offsets, times, kinds, own)
        first += batch.num_rows
    return digest.hexdigest()


def canonical(document: Mapping[str, Any]) -> bytes:
    """Write canonical JSON: keys sorted, no blanks, UTF-8 as it is, integers and strings but no floats.

    Raises:
        TypeError: The document holds a float.
    """
    _refuse_floats(document, "plan")
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def _refuse_floats(value: Any, path: str) -> None:
    if isinstance(value, float):
        raise TypeError(f"{path} is the float {value!r}; a plan holds integers, strings and ratios of integers only.")
    if isinstance(value, dict):
        for key, item in value.items():
            _refuse_floats(item, f"{path}.{key}")
    elif isinstance(value, (list, tuple)):
        for at, item in enumerate(value):
            _refuse_floats(item, f"{path}[{at}]")


def plan_hash(document: Mapping[str, Any]) -> str:
    """Return the digest of a plan's canonical JSON, as hex digits."""
    return hashlib.sha256(canonical(document)).hexdigest()


def token(digest: str) -> str:
    """Return the first digits of a plan hash, which a person types to confirm it."""
    return digest[:TOKEN_DIGITS]
