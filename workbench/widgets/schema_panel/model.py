"""Python model of the schema panel: a sheet about one subject, which is chosen from a list."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.text import counted, visible
from workbench.widgets.schema_panel.blocks import subject_blocks
from workbench.widgets.sheet.choices import Choices, Press, choice
from workbench.widgets.sheet.model import Sheet

if TYPE_CHECKING:
    from workbench.model.schema_feed import SchemaFeed, SubjectLook


class SchemaPanel(Sheet):
    """Shows a subject: compatibility, versions, the difference of two, and since where records name which schema.

    Args:
        feed: Reads the schemas; see `workbench.model.schema_feed.SchemaFeed`.
        look: The subject that is shown first; None where there is none.
        options: Options of `workbench.widgets.base.Widget`.
    """

    def __init__(self, feed: SchemaFeed, *, look: SubjectLook | None = None, **options: Any) -> None:
        super().__init__(choose=self.choose, name=visible(feed.name, 200), **options)
        self.feed = feed
        self.look = look
        self._subject = look.subject if look is not None else ""
        self._shown()

    @property
    def subject(self) -> str:
        """The subject that is shown; empty where there is none."""
        return self._subject

    async def choose(self, name: str, option: int) -> None:
        """Show another subject or other versions, or read all again: what the lists and the button do."""
        look, first, second = self.look, None, None
        if name == "subject":
            self._subject = self.feed.subjects[option].subject
        elif look is not None and name in ("first", "second"):
            picked = look.versions[option].version
            first, second = (picked, look.second) if name == "first" else (look.first, picked)
        self.show("reading", self._blocks, note=self.feed.note)
        try:
            if name == "refresh":
                await self.feed.refresh()
            self.look = await self.feed.look(self._subject, first, second) if self._subject else None
        except WorkbenchError as error:
            self.look = None
            self._shown(failure=str(error))
        else:
            self._shown()

    def _shown(self, failure: str = "") -> None:
        blocks = [self._choices(), *subject_blocks(self.feed, self.look)]
        state = "failed" if failure else counted(len(self.feed.subjects), "subject")
        self.show(state, blocks, note=failure or self.feed.note)

    def _choices(self) -> Choices:
        names = [row.subject for row in self.feed.subjects]
        lists = [choice("subject", "Subject", names, names.index(self._subject) if self._subject in names else -1)]
        look = self.look
        if look is not None and len(look.versions) > 1:
            numbers = [one.version for one in look.versions]
            texts = [f"{one.version} (id {one.schema_id})" for one in look.versions]
            for name, label, chosen in (("first", "Compare version", look.first), ("second", "with", look.second)):
                lists.append(choice(name, label, texts, numbers.index(chosen) if chosen in numbers else -1))
        return Choices("Subject and versions", (*lists, Press("refresh", "Read again")))
