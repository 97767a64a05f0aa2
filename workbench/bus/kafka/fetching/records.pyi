from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

class CorruptRecords(ValueError): ...  # noqa: N818 - it names what the bytes are

def parse(
    data: bytes | memoryview, places: Iterable[tuple[int, int, int]], header_type: pa.DataType
) -> tuple[NDArray[np.int64], NDArray[np.int64], pa.Array, pa.Array, pa.Array]: ...
