"""The pane of schemas: subjects of the registry, their versions, and how the two newest differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.live.explorer.pane import Pane
from workbench.model.explorer import DifferenceSection, FactsSection, Input, PaneRow, Press, TableSection
from workbench.model.feeds import Column
from workbench.text import counted, number_text, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model.explorer import Section
    from workbench.model.schema_feed import SchemaFeed, SubjectLook


class SchemasPane(Pane):
    """Subjects of the schema registry. Only a cluster that names one has this pane."""

    name = "schemas"
    title = "Schemas"
    columns = (
        Column("subject", "Subject", 260, grow=True, ends=True),
        Column("version", "Version", 76, numeric=True),
        Column("id", "Id", 76, numeric=True),
        Column("type", "Type", 100),
        Column("name", "Name", 220, ends=True),
    )

    def __init__(self, feed: SchemaFeed) -> None:
        super().__init__()
        self._feed = feed
        self._subject = ""
        self.note = "Not read yet."

    @property
    def inputs(self) -> Sequence[Input]:
        return (Input("filter", "Subjects with", "text", self.value("filter"), live=True, grow=True),)

    @property
    def presses(self) -> Sequence[Press]:
        return (Press("refresh", "Read schemas"),)

    @property
    def picked(self) -> str:
        return self._subject

    async def press_refresh(self) -> None:
        """Read the subjects."""
        await self._feed.refresh()
        self._arrange()
        if self._subject:
            self.sections = _look_sections(await self._feed.look(self._subject))

    async def press_input(self) -> None:
        """Filter by what is typed."""
        self._arrange()

    async def pick(self, key: str) -> None:
        """Show a subject."""
        if not any(row.key == key for row in self.rows):
            return
        self._subject = key

        async def look() -> None:
            self.sections = _look_sections(await self._feed.look(key))

        await self.work(look, "reading the subject")

    def _arrange(self) -> None:
        words = self.value("filter").casefold().split()
        self.rows = [
            PaneRow(
                one.subject,
                (
                    visible(one.subject, 250),
                    "" if one.version is None else str(one.version),
                    "" if one.schema_id is None else str(one.schema_id),
                    visible(one.type or "", 40),
                    visible(one.name or "", 250),
                ),
            )
            for one in self._feed.subjects
            if all(word in one.subject.casefold() for word in words)
        ]
        self.note = "; ".join(filter(None, (counted(len(self.rows), "subject"), self._feed.note)))


def _look_sections(look: SubjectLook) -> list[Section]:
    facts = (("subject", look.subject), ("compatibility", look.compatibility or "not known"))
    versions = tuple(
        (str(one.version), str(one.schema_id), one.type, one.name or "", number_text(one.characters))
        for one in look.versions
    )
    sections: list[Section] = [
        FactsSection("Subject", facts),
        TableSection("Versions", ("version", "id", "type", "name", "characters"), versions),
    ]
    if look.lines or look.note:
        title = f"From version {look.first} to version {look.second}"
        sections.append(DifferenceSection(title, tuple(look.lines), look.note))
    return sections
