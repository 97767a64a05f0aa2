from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.signedinteger[Any]]
Numbers: TypeAlias = NDArray[np.int32]
Codes: TypeAlias = NDArray[np.int8]

class Entries:
    def __init__(
        self,
        declared: tuple[Ints, Ints],
        stated: tuple[Codes, Ints, Ints],
        event_id: tuple[Ints, Ints],
        by_id: tuple[Ints, Ints],
        others: tuple[Ints, Ints] | None,
    ) -> None: ...

def decide(entries: Entries, outcome: Codes, begin: int, end: int) -> int: ...
def connect(
    entries: Entries, outcome: Codes, begin: int, end: int, into: tuple[Numbers, Numbers, Codes, Numbers]
) -> tuple[int, Numbers]: ...
