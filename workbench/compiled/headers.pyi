import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

def sequences(headers: pa.ListArray) -> tuple[NDArray[np.int64], NDArray[np.int64]]: ...
