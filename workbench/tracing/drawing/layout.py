"""The result of a layout: a position for each mark and a route for each line, in CSS pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float64]"
Point: TypeAlias = tuple[float, float]

MARGIN = 24.0


@dataclass(frozen=True, slots=True)
class Drawing:
    """Positions of the marks and routes of the lines."""

    x: Floats
    y: Floats
    routes: list[tuple[Point, ...]]
    """One polyline for each edge, in the order given."""
    width: float
    height: float
