"""Shows frames in notebooks: text on the left, a row on one line, and nothing of an event typeset as a formula."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_ROWS = 60


def show_frames_plainly() -> None:
    """Register `frame_html` with IPython, if this process runs in it; may be called again."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is not None:
        formatter = shell.display_formatter.formatters["text/html"]
        # By name, because pandas may not be imported yet; its classes moved between modules.
        for module in ("pandas", "pandas.core.frame"):
            formatter.for_type_by_name(module, "DataFrame", frame_html)


def frame_html(frame: pd.DataFrame) -> str:
    """Write the HTML of a frame: a frame of this package as a plain table, any other as pandas does."""
    import pandas as pd

    if "provenance" not in frame.attrs or not isinstance(frame.index, pd.RangeIndex):
        with pd.option_context("display.html.use_mathjax", False):
            return str(frame._repr_html_())  # type: ignore[operator]
    from workbench.report import frame_table
    from workbench.text import counted, element, output_html

    size = f"{counted(len(frame), 'row')}, {counted(len(frame.columns), 'column')}"
    return output_html(frame_table(frame, rows=_ROWS), element("p", size))
