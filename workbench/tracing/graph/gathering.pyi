from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

_Kind = TypeVar("_Kind", bound=np.generic)

def taken(values: NDArray[_Kind], places: NDArray[np.signedinteger[Any]]) -> NDArray[_Kind]: ...
def inverted(order: NDArray[np.signedinteger[Any]]) -> NDArray[np.int32]: ...
