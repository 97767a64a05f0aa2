"""The explorer as it is displayed: its view, and below it the graph or the plan that was asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets

from workbench.text import visible
from workbench.widgets.base.still import Still, WithStill
from workbench.widgets.explorer.model import ExplorerView

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.model.explorer import ExplorerFeed
    from workbench.tasks import Supervisor
    from workbench.text import StaticView


class Explorer(WithStill, ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """Explores a cluster: topics, messages, search, groups and traces over one shared selection.

    Args:
        feed: The panes.
        supervisor: Owner of the tasks.
        end: Called once when it was removed from its notebook, or closed.
        closed: Called once when it was closed.
        options: ``height`` of the tables in pixels, and ``pane``, the one that is shown first.
    """

    def __init__(
        self,
        feed: ExplorerFeed,
        *,
        supervisor: Supervisor,
        end: Callable[[], None] | None = None,
        closed: Callable[[], None] | None = None,
        **options: Any,
    ) -> None:
        self.feed = feed
        self._end = end
        self._closed = closed
        self.view = ExplorerView(feed, supervisor=supervisor, on_removed=self._removed, **options)
        self.still = self.view.still = Still(self.view.still_id, self.snapshot)
        self._below: list[Any] = []
        super().__init__(children=[self.view])

    def __repr__(self) -> str:
        """Return what is explored; never a record."""
        return f"<Explorer {visible(self.view.name, 80)}>"

    @property
    def cluster(self) -> Any:
        """The cluster that is explored."""
        return self.feed.cluster

    @property
    def topic(self) -> str:
        """Name of the selected topic; empty while none is selected."""
        return self.feed.topic

    @property
    def record(self) -> str:
        """Position of the selected record, ``topic/partition@offset``, which every function takes."""
        return self.feed.record

    async def select(self, what: str) -> None:
        """Select a topic by its name, or a record by its position.

        Raises:
            UnknownTopicError: There is no such topic.
            ValidationError: There is no such record.
        """
        await (self.feed.select_record(what) if "/" in what else self.feed.select_topic(what))
        self.view.push()

    def snapshot(self) -> StaticView:
        """Return what is shown now as static text."""
        return self.view.snapshot()

    def attach(self, widget: Any) -> None:
        """Show another widget below, in place of the former one."""
        former, self._below = self._below, [widget]
        self.children = (self.view, widget)
        for one in former:
            one.close()

    def close(self) -> None:
        """Close the view and all that is shown below it, and end what runs."""
        if self.comm is not None:
            for one in (self.view, *self._below):
                one.close()
            self._removed()
            closed, self._closed = self._closed, None
            if closed is not None:
                closed()
        super().close()

    def _removed(self) -> None:
        end, self._end = self._end, None
        if end is not None:
            end()
