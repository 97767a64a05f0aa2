import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

def order_by_number_and_text(
    numbers: NDArray[np.int64], array: pa.Array, rows: NDArray[np.int32], others: pa.Array | None = None
) -> NDArray[np.int32]: ...
