from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from numpy import int8, int32, int64, uint8
from numpy.typing import NDArray

def body_digests(keys: pa.Array, values: pa.Array, headers: pa.Array) -> NDArray[uint8]: ...
def digest_positions(
    digest: Any,
    topics: pa.Array,
    partitions: NDArray[int32],
    offsets: NDArray[int64],
    timestamps: NDArray[int64],
    kinds: NDArray[int8],
    bodies: NDArray[uint8],
) -> None: ...
def replay_headers(headers: pa.Array, added: Sequence[tuple[bytes, bytes | pa.Array]]) -> pa.Array: ...
