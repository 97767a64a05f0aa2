from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.signedinteger[Any]]
Wide: TypeAlias = NDArray[np.int64]

def grouped_values(place: Ints, value: Wide, places: int) -> tuple[Wide, Wide]: ...
def middle_distances(starts: Wide, ordered: Wide, twice_middle: Wide) -> NDArray[np.float64]: ...
