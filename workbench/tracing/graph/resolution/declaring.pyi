from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.signedinteger[Any]]
Numbers: TypeAlias = NDArray[np.int32]

def declare(row: Ints, starts: Ints, value: Ints) -> tuple[Numbers, Numbers]: ...
