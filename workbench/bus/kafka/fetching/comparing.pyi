from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

class Wanted:
    def __init__(
        self,
        keys: pa.Array,
        values: pa.Array,
        headers: pa.Array,
        timestamps: NDArray[np.int64] | None,
        added: bytes = ...,
        run_mark: tuple[bytes, bytes] = ...,
        number_mark: bytes = ...,
        numbers: NDArray[np.int64] | None = ...,
    ) -> None: ...
    def __len__(self) -> int: ...
    def lie_in(self, places: Iterable[tuple[bytes | memoryview, int, int] | None]) -> bool: ...
