"""Bytes that serialisers of schema registries put before a value: which schema it was written with.

| frame | bytes before the value |
|---|---|
| Confluent, Redpanda, Karapace | 0, then the schema id in 4 bytes, big-endian |
| Apicurio, where its serialisers use ids of 8 bytes | 0, then the id in 8 bytes, big-endian |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

NOT_FRAMED = -1
"""Given by `schema_ids` for values without a frame."""
REGISTRY_PREFIX_BYTES = 5

_LARGEST_ID = 2**31 - 1


def schema_ids(values: pa.Array) -> NDArray[np.int64]:
    """Return the schema id of each value that begins with 0 and an id of 4 bytes; `NOT_FRAMED` for other rows.

    Ids begin at 1, so a value that begins with five zero bytes has no frame of this kind; an Apicurio id of 8 bytes
    begins so. Nulls, and values that are too short, have no frame.
    """
    # Here, because one record is read without them.
    import numpy as np

    heads = first_bytes(values, REGISTRY_PREFIX_BYTES).astype(np.int64)
    found = heads[:, 1] << 24 | heads[:, 2] << 16 | heads[:, 3] << 8 | heads[:, 4]
    return np.where((heads[:, 0] == 0) & (found > 0) & (found <= _LARGEST_ID), found, NOT_FRAMED)


def first_bytes(values: pa.Array, size: int) -> NDArray[np.uint8]:
    """Return the first bytes of each binary value, a row for each; rows of 0xFF for nulls and for shorter values."""
    import numpy as np
    import pyarrow as pa

    heads = np.full((len(values), size), 0xFF, np.uint8)
    _, ends_at, data_at = values.buffers()
    if not len(values) or data_at is None:
        return heads
    width = np.int64 if pa.types.is_large_binary(values.type) else np.int32
    ends = np.frombuffer(ends_at, width)[values.offset : values.offset + len(values) + 1].astype(np.int64)
    long_enough = np.diff(ends) >= size
    if values.null_count:
        long_enough &= values.is_valid().to_numpy(zero_copy_only=False)
    heads[long_enough] = np.frombuffer(data_at, np.uint8)[ends[:-1][long_enough, None] + np.arange(size)]
    return heads
