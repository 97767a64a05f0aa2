"""Python model of the view panel: a sheet that is refreshed while a browser shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from workbench.text import NO_TIME_TEXT, counted, number_text, time_text, visible
from workbench.widgets.sheet.blocks import facts_block, lines_block, table_block
from workbench.widgets.sheet.choices import Choices, choice
from workbench.widgets.sheet.model import Sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.model.feeds import FeedState
    from workbench.transforms.views.state import ViewLine, ViewStatus
    from workbench.widgets.sheet.blocks import Block

_PARTITIONS = ("partition", "status", "lag", "reason")
_LOG = ("time (UTC)", "where", "level", "text")
_LOG_LINES = 200
_LEVELS = ("all lines", "warnings and errors")


class ViewFeed(Protocol):
    """The newest state of a view and the end of its log; `workbench.transforms.views.watch.ViewWatch` is one."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> FeedState: ...
    @property
    def note(self) -> str: ...
    @property
    def status(self) -> ViewStatus | None: ...
    @property
    def lines(self) -> Sequence[ViewLine]: ...


class ViewPanel(Sheet):
    """Shows the state of a view on each partition, and the lines that its transform logged.

    Args:
        feed: The view.
        end: Ends the asking; called when the panel is closed or its cell is run again.
        options: Options of `workbench.widgets.base.Widget`.
    """

    def __init__(self, feed: ViewFeed, *, end: Callable[[], None] | None = None, **options: Any) -> None:
        super().__init__(
            name=visible(f"View {feed.name}", 200),
            refresh=self.refresh,
            choose=self.choose,
            on_removed=self.stop,
            **options,
        )
        self.feed = feed
        self._end = end
        self._severe = False
        self.refresh()

    def refresh(self) -> None:
        """Show the newest answer."""
        status = self.feed.status
        blocks: list[Block] = []
        if status is not None:
            facts = [
                ("from", status.source_topic),
                ("to", ", ".join(status.output_topics)),
                ("runs", "on the brokers" if status.executor == "broker" else "in this process"),
                ("lag", number_text(status.lag)),
                ("module (SHA-256)", status.digest or "not known"),
            ]
            rows = [(str(one.partition), one.status, number_text(one.lag), one.reason) for one in status.partitions]
            blocks += [facts_block("View", facts), table_block("Partitions", _PARTITIONS, rows)]
        log = Choices("Log", (choice("log", "Log", _LEVELS, int(self._severe)),))
        self.show(self._state_text(), [*blocks, log, self._log()], note=self.feed.note)

    def stop(self) -> None:
        """Ask no more; what was read stays."""
        if self._end is not None:
            self._end()

    def close(self) -> None:
        """Close the view, and ask no more."""
        self.stop()
        super().close()

    async def choose(self, _name: str, option: int) -> None:
        """Show all lines of the log, or those of a level: what the list does."""
        self._severe = option == 1
        self.refresh()

    def _state_text(self) -> str:
        status = self.feed.status
        state = (
            "closed"
            if self.supervisor.closed and self.feed.state in ("waiting", "live", "no answer")
            else self.feed.state
        )
        if status is None or state != "live":
            return state
        errored = sum(one.status == "errored" for one in status.partitions)
        return f"errored on {counted(errored, 'partition')}" if errored else "running" if status.running else "waiting"

    def _log(self) -> Block:
        lines = [line for line in self.feed.lines if not self._severe or line.level not in ("", "info")]
        if not lines:
            return lines_block("Lines", ["none"])
        rows = [
            (
                NO_TIME_TEXT if line.at_ms is None else time_text(line.at_ms),
                line.where,
                line.level,
                line.text,
            )
            for line in lines[-_LOG_LINES:]
        ]
        return table_block(f"The last {counted(len(rows), 'line')}, oldest first", _LOG, rows, _LOG_LINES)
