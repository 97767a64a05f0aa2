"""Answers that draw themselves: `show` opens the live view, `svg` writes the same picture as a file."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import numpy as np

from workbench.errors import ConfigurationError
from workbench.text import visible
from workbench.tracing.drawing.painting.svg import svg_text

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from workbench.model.causation import Picture
    from workbench.tracing.graph.arrays import Ints
    from workbench.widgets import CausationGraph

Viewer: TypeAlias = "Callable[..., CausationGraph]"
"""Called with a `workbench.model.causation.GraphViewSource` and the options of the widget; returns the widget."""

_TITLE = 120


class PictureViews:
    """Views of one answer; a `workbench.model.causation.GraphViewSource`.

    Args:
        make: Draws the picture with some pages open.
        names: Texts that a search looks into, in the order of ``place`` of the picture.
    """

    def __init__(self, make: Callable[[Collection[str]], Picture], names: Sequence[str]) -> None:
        self._make = make
        self._names = [name.casefold() for name in names]

    def view(self, *, opened: Collection[str] = (), **_options: Any) -> Picture:
        """Draw the picture; an answer has one layout."""
        return self._make(opened)

    def find(self, text: str) -> Ints:
        """Return the numbers of the rows that hold a text."""
        wanted = text.casefold()
        found = [number for number, name in enumerate(self._names) if wanted and wanted in name]
        return np.array(found, dtype=np.int64)


class Drawn(ABC):
    """Mixin of an answer with a picture. The answer has a ``viewer``, which snapshots and clusters give."""

    title: ClassVar[str]
    """Name of the picture."""
    viewer: Viewer | None

    @abstractmethod
    def views(self) -> PictureViews:
        """Return what `show` and `svg` draw."""

    def svg(self) -> str:
        """Write the picture as an SVG file: static, every text escaped."""
        picture = self.views().view()
        return svg_text(picture, f"{self.title}: {visible(picture.text, _TITLE)}")

    def show(self, **options: Any) -> CausationGraph:
        """Draw the answer, with a table of the same facts below it.

        Args:
            options: ``height`` and ``name``.

        Raises:
            ConfigurationError: The answer was made without a viewer.
        """
        if self.viewer is None:
            raise ConfigurationError(
                f"This {type(self).__name__} has no viewer. Ask a snapshot for it, or write .svg() to a file."
            )
        return self.viewer(self.views(), **{"name": self.title, **options})
