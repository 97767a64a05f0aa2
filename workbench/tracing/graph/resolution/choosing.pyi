from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Codes: TypeAlias = NDArray[np.int8]

class Entries:
    def __init__(
        self,
        starts: Ints,
        target: Codes,
        value: Ints,
        rank: NDArray[np.int32],
        event_id: Ints,
        by_id: tuple[Ints, Ints],
        others: tuple[Ints, Ints],
    ) -> None: ...

def choose(entries: Entries) -> tuple[Codes, Ints, Ints, Codes, Ints, NDArray[np.bool_]]: ...
