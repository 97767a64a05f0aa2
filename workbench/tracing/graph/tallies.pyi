from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.signedinteger[Any]]

def count_distinct(place: Ints, member: Ints, places: int) -> NDArray[np.int64]: ...
def same_kind_above(parent: Ints, kind: Ints, kinds: int) -> NDArray[np.int32]: ...
