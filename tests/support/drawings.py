"""Checks of a layout."""

from __future__ import annotations

import numpy as np

from workbench.tracing.drawing.layered import NODE_HEIGHT, NODE_WIDTH


def check_drawing(drawing, count, width=NODE_WIDTH, height=NODE_HEIGHT):
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
