import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from workbench.decoding.native.members import MemberTable

class Bodies:
    masks: NDArray[np.int64]
    members: NDArray[np.int64]
    refused: NDArray[np.bool_]
    def kinds(self, bit: int, rows: NDArray[np.int64]) -> NDArray[np.uint8]: ...
    def texts(self, bit: int, rows: NDArray[np.int64]) -> pa.Array: ...

def scan(table: MemberTable, values: pa.Array, rows: NDArray[np.int64]) -> Bodies: ...
