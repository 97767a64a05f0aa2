from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

class ValueReader:
    def read_one(self, value: bytes, start: int) -> tuple[bytes | None, int, int]: ...

def read_rows(
    values: pa.Array, readers: Sequence[ValueReader], which: NDArray[np.int32], starts: NDArray[np.int32]
) -> tuple[pa.Array, list[tuple[int, int, int]]]: ...
