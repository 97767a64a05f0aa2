from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.signedinteger[Any]]
Numbers: TypeAlias = NDArray[np.int32]

def forest(parent: Ints) -> tuple[Numbers, Numbers, NDArray[np.bool_]]: ...
def same_kind_above(parent: Ints, kind: Ints, kinds: int) -> Numbers: ...
