from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.signedinteger[Any]]
Numbers: TypeAlias = NDArray[np.int32]
Wide: TypeAlias = NDArray[np.int64]

def behind(lane: Ints, offset: Wide, time: Wide, lanes: int, step: int) -> NDArray[np.bool_]: ...
def order_ties(
    node: Numbers, group: Ints, time: Wide, keys: Sequence[Ints], longest: int = 64
) -> list[tuple[int, int]]: ...
