"""A plotly figure with a static picture beside it in the output of its cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import plotly.graph_objects as go

from workbench.charts.display import OFFLINE, keep_figures_offline

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.text import StaticView


class StillFigure(go.Figure):  # type: ignore[misc]  # plotly ships no types
    """A figure whose output has, beside plotly's data, a picture and a table as HTML, and the table as text.

    JupyterLab draws plotly's data with a script of its own. Exported HTML, a code host, a difference of two notebooks
    and a terminal have no such script: they show the picture or the text. The picture is that of the figure as it was
    made.

    Args:
        data: Another figure, or what plotly's own ``Figure`` takes.
        still: Makes the picture when the figure is displayed; without it there is none.
        options: Further arguments of plotly's ``Figure``.
    """

    def __init__(
        self, data: Any = None, *args: Any, still: Callable[[], StaticView] | None = None, **options: Any
    ) -> None:
        super().__init__(data, *args, **options)
        self._still = still

    def show(self, *args: Any, config: dict[str, Any] | None = None, **options: Any) -> None:
        """Display the figure with its picture; with other arguments than ``config``, as plotly does."""
        bundle = {} if args or options else self._repr_mimebundle_()
        if not bundle:
            # A renderer that is no output of a notebook, such as a browser window.
            super().show(*args, config={**OFFLINE, **(config or {})}, **options)
            return
        from IPython.display import publish_display_data

        publish_display_data(bundle)  # type: ignore[no-untyped-call]

    def _ipython_display_(self) -> None:
        self.show()

    def _repr_mimebundle_(self, *args: Any, **options: Any) -> dict[str, Any]:
        keep_figures_offline()
        bundle: dict[str, Any] = super()._repr_mimebundle_(*args, **options) or {}
        if not bundle or self._still is None:
            return bundle
        still = self._still()
        # HTML of plotly is there only if the person chose a renderer that writes it.
        return {"text/html": still.html(), "text/plain": still.text, **bundle}
