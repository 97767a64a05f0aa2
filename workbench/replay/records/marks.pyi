import pyarrow as pa
from numpy import int64
from numpy.typing import NDArray

def marked_as(headers: pa.Array, seqs: NDArray[int64], run_id: bytes) -> bool: ...
