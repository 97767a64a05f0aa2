import numpy as np
from numpy.typing import NDArray

from workbench.decoding.native.value_reader import ValueReader

KINDS: dict[str, int]
REPEATED: int
MAP: int
PRESENCE: int

class ProtobufTables(ValueReader):
    def __init__(
        self,
        messages: NDArray[np.int32],
        fields: NDArray[np.int32],
        numbers: NDArray[np.int32],
        ends: NDArray[np.int32],
        texts: bytes,
        roots: tuple[int, int],
        root: int,
    ) -> None: ...
