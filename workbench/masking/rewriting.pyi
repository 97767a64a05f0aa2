from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from workbench.masking.program import Program

class Rewriter:
    def __init__(
        self,
        program: Program,
        constants: Sequence[bytes | None],
        removes: Sequence[bool],
        show: Callable[[int, bytes, bool], bytes],
        unreadable: bytes,
    ) -> None: ...
    def rewritten(self, values: pa.Array, always: NDArray[np.uint8]) -> tuple[pa.Array, NDArray[np.bool_]]: ...
