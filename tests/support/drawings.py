"""Checks of a layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.drawing.layered import NODE_HEIGHT, NODE_WIDTH

if TYPE_CHECKING:
    from workbench.tracing.drawing.layout import Drawing


def check_drawing(drawing: Drawing, count: int, width: float = NODE_WIDTH, height: float = NODE_HEIGHT) -> None:
    assert np.isfinite(drawing.x).all()
    assert np.isfinite(drawing.y).all()
    for one in range(count):
        apart = (np.abs(drawing.x - drawing.x[one]) >= width) | (np.abs(drawing.y - drawing.y[one]) >= height)
        apart[one] = True
        assert apart.all(), "marks overlap"
    if count:
        assert (drawing.x >= width / 2).all()
        assert (drawing.x <= drawing.width - width / 2).all()
        assert (drawing.y >= height / 2).all()
        assert (drawing.y <= drawing.height - height / 2).all()
