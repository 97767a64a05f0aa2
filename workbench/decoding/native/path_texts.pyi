import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from workbench.decoding.native.members import MemberTable

def path_texts(
    values: pa.Array, table: MemberTable, columns: NDArray[np.int32], count: int
) -> tuple[list[pa.Array], NDArray[np.bool_]]: ...
