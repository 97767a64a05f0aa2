from typing import Any

import pyarrow as pa
from numpy.typing import NDArray

def joined_texts(count: int, *contents: bytes | pa.Array | NDArray[Any]) -> pa.Array: ...
