from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.signedinteger[Any]]
Flags: TypeAlias = NDArray[np.bool_]
Wide: TypeAlias = NDArray[np.int64]

def hop_times(time: Wide, cause: Ints, effect: Ints) -> tuple[Wide, Flags]: ...
def hop_times_by_kind(
    time: Wide, cause: Ints, effect: Ints, kind: Ints, kinds: int, used: Flags | None = None
) -> tuple[Wide, Wide]: ...
