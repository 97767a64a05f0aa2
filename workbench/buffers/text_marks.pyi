import pyarrow as pa
from numpy import uint64
from numpy.typing import NDArray

def text_marks(array: pa.Array) -> NDArray[uint64]: ...
