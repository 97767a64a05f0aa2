"""Python model of a chart: sends a plotly figure, and plotly.js once for each page.

plotly's own ``FigureWidget`` holds the 5 MB of plotly.js in the state of each widget, so that a page loads it again for
each chart and an executed notebook keeps it for ever. Axes without traces also keep the range of an earlier update.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from workbench.charts.display import OFFLINE
from workbench.text import StaticView, element, visible
from workbench.widgets.base.bundle import bundle_modules, bundle_styles
from workbench.widgets.base.model import Widget

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from workbench.widgets.base.messages import Message


class Chart(Widget):
    """Shows a plotly figure in the colours of the page, and another one after `show`.

    Args:
        figure: The first figure.
        name: Accessible name of the chart.
    """

    _esm = bundle_modules(Path(__file__).with_name("view.js"))
    _css = bundle_styles(Path(__file__).with_name("style.css"))

    config = traitlets.Dict(OFFLINE).tag(sync=True)
    """plotly's configuration: without the button that sends the data to a cloud service."""

    kinds = (*Widget.kinds, "library")

    def __init__(self, figure: go.Figure, **options: Any) -> None:
        self.figure = figure
        """The figure that is shown."""
        super().__init__(**options)

    def show(self, figure: go.Figure) -> None:
        """Show another figure. Zoom and hidden traces stay as the person who looks has set them."""
        self.figure = figure
        # Before a browser is there only the newest figure counts, and `on_ready` sends it.
        if self._ready:
            self._send_figure()

    def on_ready(self, message: Message) -> None:
        """Send the figure to a new view."""
        super().on_ready(message)
        self._send_figure()

    def on_library(self, _message: Message) -> None:
        """Send plotly.js to a page that does not have it yet."""
        self.send({"kind": "library"}, [_library()])

    def snapshot(self) -> StaticView:
        """Return the title of the chart; the panel that shows it has the picture."""
        title = visible(str(self.figure.layout.title.text or self.name), 200)
        return StaticView(element("p", title), title)

    def _send_figure(self) -> None:
        self.send({"kind": "figure"}, [self.figure.to_json().encode()])


@cache
def _library() -> bytes:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs()).encode()
