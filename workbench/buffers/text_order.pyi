import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

def order_by_number_and_text(
    numbers: NDArray[np.int64], array: pa.LargeStringArray, rows: NDArray[np.int64]
) -> NDArray[np.int64]: ...
