from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

def entries_of_batches(
    batches: Iterable[pa.RecordBatch], first_row: int, target: int, value: int, trace_id: int
) -> NDArray[np.uint64]: ...
