from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from workbench.decoding.native.program import Program

class BatchDecoder:
    def __init__(
        self,
        program: Program,
        topic_texts: Sequence[str | None],
        fixed: tuple[int, bool, bool],
        headers: pa.ListArray,
        values: pa.Array,
        others: NDArray[np.uint8],
        ask: Callable[[int], tuple[bytes | None, bytes | None, bytes | None, list[bytes]]],
        only_builtin: bool,
    ) -> None: ...
    def decode(self, rows: int) -> dict[str, pa.Array]: ...
