from collections.abc import Iterable

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

class CorruptRecords(ValueError): ...  # noqa: N818 - it names what the bytes are
class OversizedRecords(Exception): ...  # noqa: N818 - same

def parse(
    data: bytes | memoryview, places: Iterable[tuple[int, int, int]], header_type: pa.DataType, largest: int = ...
) -> tuple[NDArray[np.int64], NDArray[np.int64], pa.Array, pa.Array, pa.Array]: ...
def whole_records(data: bytes | memoryview, largest: int, count: int) -> tuple[int, int]: ...
def first_record(data: bytes | memoryview) -> tuple[int, int, int]: ...
