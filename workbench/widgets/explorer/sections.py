"""Makes the blocks of a pane's sections: escaped, bounded, and written for a browser, a saved page and a terminal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.model.explorer import (
    DifferenceSection,
    FactsSection,
    LinesSection,
    ProgressSection,
    TableSection,
    TextSection,
)
from workbench.text import Element, element, fragment, preformatted, visible
from workbench.widgets.sheet.blocks import facts_block, lines_block, preformatted_block, table_block
from workbench.widgets.sheet.difference import difference_block
from workbench.widgets.sheet.progress import progress_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.model.explorer import Section, TreeNode
    from workbench.widgets.sheet.blocks import Block

TEXT_LINES = 2_000
"""Lines of a text: a dump of bytes has a thousand."""
NODE_CHARACTERS = 4_000
_STILL_NODES = 200


@dataclass(frozen=True, slots=True)
class Tree:
    """A decoded value; the view folds and searches it."""

    title: str
    nodes: tuple[TreeNode, ...]
    note: str

    def packed(self) -> dict[str, Any]:
        nodes = [(one.depth, one.name, one.text, one.kind) for one in self.nodes]
        return {"kind": "tree", "title": self.title, "nodes": nodes, "note": self.note}

    def element(self) -> Element:
        return fragment(element("h4", self.title), preformatted("\n".join(self._lines())))

    def text(self) -> str:
        return "\n".join([self.title, *self._lines()])

    def _lines(self) -> Iterable[str]:
        for one in self.nodes[:_STILL_NODES]:
            yield f"{'  ' * (one.depth + 1)}{f'{one.name}: ' if one.name else ''}{one.text}"
        if len(self.nodes) > _STILL_NODES:
            yield "  …"


def section_blocks(sections: Sequence[Section]) -> list[Block | Tree]:
    """Make the blocks of sections."""
    return [block for section in sections for block in _blocks(section)]


def _blocks(section: Section) -> Sequence[Block | Tree]:
    match section:
        case ProgressSection():
            return progress_blocks(section.progress, section.title)
        case _:
            return [_block(section)]


def _block(section: Any) -> Block | Tree:
    title = section.title
    made: Block | Tree
    match section:
        case FactsSection():
            made = facts_block(title, section.pairs)
        case TableSection():
            made = table_block(title, section.columns, section.rows)
        case LinesSection():
            made = lines_block(title, section.items, section.tone)
        case TextSection():
            made = preformatted_block(title, section.text, TEXT_LINES)
        case DifferenceSection():
            made = difference_block(title, section.lines, section.note)
        case _:
            nodes = tuple(
                replace(one, name=visible(one.name, NODE_CHARACTERS), text=visible(one.text, NODE_CHARACTERS))
                for one in section.nodes
            )
            made = Tree(visible(title, 200), nodes, visible(section.note, 400))
    return made
