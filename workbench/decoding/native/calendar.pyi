import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

def calendar_times(texts: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.bool_], NDArray[np.bool_]]: ...
