import numpy as np
from numpy.typing import NDArray

from workbench.decoding.native.value_reader import ValueReader

KINDS: dict[str, int]

class AvroReader(ValueReader):
    def __init__(
        self, nodes: NDArray[np.int32], parts: NDArray[np.int32], ends: NDArray[np.int32], texts: bytes
    ) -> None: ...
