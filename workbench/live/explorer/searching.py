"""The pane of the search: conditions, progress by partition, and hits that arrive while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ValidationError
from workbench.live.explorer.record_rows import RecordRows, RecordsPane
from workbench.model.explorer import Input, LinesSection, Press, ProgressSection
from workbench.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa

    from workbench.config.views import SavedView
    from workbench.live.explorer.explored import ExploredCluster
    from workbench.live.explorer.selection import Selection
    from workbench.live.search.result import SearchResult
    from workbench.live.search.search import Search
    from workbench.model.feeds import Progress

_CONDITIONS = ("where", "words", "regex", "key")
_LIMITS = ("100", "1000", "10000")


class SearchPane(RecordsPane):
    """Searches live topics."""

    name = "search"
    title = "Search"

    def __init__(
        self, cluster: ExploredCluster, selection: Selection, view: Callable[[str, list[str]], SavedView]
    ) -> None:
        super().__init__(selection, view)
        self._cluster = cluster
        self._search: Search | None = None
        self._running = False
        self.found: SearchResult | None = None
        self.note = "Nothing was searched yet."
        selection.on_topic(self._topic_changed)

    @property
    def inputs(self) -> Sequence[Input]:
        return (
            Input("topics", "Topics", "text", self.value("topics"), hint="names or patterns, with blanks", grow=True),
            Input("where", "Where (SQL)", "text", self.value("where"), hint="payload->>'state' = 'failed'", grow=True),
            Input("words", "Words", "text", self.value("words")),
            Input("regex", "Regular expression", "text", self.value("regex")),
            Input("key", "Key", "text", self.value("key")),
            Input("start", "From", "text", self.value("start", "-1h"), hint="start, -1h, 1200, @2026-…"),
            Input("end", "To", "text", self.value("end", "end")),
            Input("limit", "At most", "choice", self.value("limit", _LIMITS[1]), _LIMITS),
            Input("newest", "newest first", "check", self.value("newest")),
            self.columns_input,
        )

    @property
    def presses(self) -> Sequence[Press]:
        return (
            Press("search", "Search", not self._running),
            Press("cancel", "Cancel", self._running),
            self.save_press,
        )

    async def do(self, press: str, values: Mapping[str, str]) -> None:
        """Do what a button says; cancelling does not wait for the search."""
        if press == "cancel":
            await self.press_cancel()
        elif press == "search" and self._running:
            raise ValidationError("A search is running: cancel it first.")
        else:
            await super().do(press, values)

    async def press_cancel(self) -> None:
        """End the search; what was found stays."""
        if self._search is not None:
            self._search.cancel()

    def saved(self) -> dict[str, Any]:
        """Return what a saved view keeps of the form."""
        bounds = {"start": self.value("start", "-1h"), "end": self.value("end", "end")}
        shown = {name: self.value(name) for name in ("topics", *_CONDITIONS)}
        return {**shown, **bounds, "newest": self.value("newest") == "yes"}

    def restore(self, view: SavedView) -> None:
        """Fill the form as a saved view says."""
        self.values |= {name: str(getattr(view, name)) for name in ("topics", *_CONDITIONS, "start", "end")}
        self.values["newest"] = "yes" if view.newest else ""
        self.show_columns(view.columns)
        self.changed()

    async def press_search(self) -> None:
        """Search, and take up what is found."""
        topics = self.value("topics").split()
        if not topics:
            raise ValidationError("Name topics to search: names or patterns, separated by blanks.")
        conditions: dict[str, Any] = {name: self.value(name) for name in _CONDITIONS if self.value(name)}
        self.found, self._records, self._running = None, RecordRows(), True
        self.note, self.sections = "", ()
        try:
            search = self._cluster.search(
                topics,
                **conditions,
                start=self.value("start", "-1h") or "start",
                end=self.value("end", "end") or "end",
                limit=int(self.value("limit", _LIMITS[1])),
                newest_first=self.value("newest") == "yes",
                progress=self._tell,
            )
            search.on_found(self._take)
            self._search = search
            self._show(await search)
        finally:
            self._running, self._search = False, None

    def close(self) -> None:
        """End a search that runs, and give back the memory."""
        if self._search is not None:
            self._search.cancel()
        self._records = RecordRows()

    def _take(self, rows: pa.Table) -> None:
        self._records.add(rows)
        self.changed()

    def _tell(self, progress: Progress) -> None:
        self.sections = [ProgressSection("Progress by partition", progress)]
        self.note = f"{counted(len(self._records), 'record')} found so far"
        self.busy = "searching"
        self.changed()

    def _show(self, found: SearchResult) -> None:
        self.found = found
        # In the order of the result: a search from the newest puts the records of each window in order at its end.
        self._records = RecordRows([found.table])
        self.note = (
            f"{counted(len(found), 'record')} found, {visible(found.scope.query, 200)}. {visible(found.ended, 400)}"
        )
        progress = [one for one in self.sections if isinstance(one, ProgressSection)]
        notes = [LinesSection("Notes", found.notes)] if found.notes else []
        self.sections = [*notes, *progress]

    async def _topic_changed(self) -> None:
        self.values["topics"] = self._selection.topic
        self.changed()
