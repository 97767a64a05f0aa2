from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.signedinteger[Any]]
Numbers: TypeAlias = NDArray[np.int32]
Codes: TypeAlias = NDArray[np.int8]

def declare(row: Ints, starts: Ints, value: Ints) -> tuple[Numbers, Numbers]: ...

class Entries:
    def __init__(
        self,
        declared: tuple[Ints, Ints],
        stated: tuple[Codes, Ints, Ints],
        event_id: tuple[Ints, Ints],
        by_id: tuple[Ints, Ints],
        others: tuple[Ints, Ints] | None,
    ) -> None: ...

def choose(entries: Entries) -> tuple[Codes, Numbers, Numbers, Codes, Numbers, NDArray[np.bool_]]: ...
