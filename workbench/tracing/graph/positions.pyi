import numpy as np
from numpy.typing import NDArray

def repeated_positions(
    source: NDArray[np.int64], partition: NDArray[np.int64], offset: NDArray[np.int64]
) -> tuple[int, int]: ...
