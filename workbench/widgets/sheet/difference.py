"""Block of a sheet that shows a unified diff, its lines coloured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.text import counted, element, fragment, preformatted, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.text import Element

MOST_LINES = 400
"""Lines that are shown; further ones are counted."""
_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines of a unified diff; each begins with ``+``, ``-``, ``@`` or a blank, so that colour says nothing alone."""

    title: str
    lines: tuple[str, ...]
    note: str = ""

    def packed(self) -> dict[str, Any]:
        return {"kind": "difference", "title": self.title, "lines": self.lines, "note": self.note}

    def element(self) -> Element:
        text = preformatted("\n".join(self.lines)) if self.lines else None
        return fragment(element("h4", self.title), text, element("p", self.note) if self.note else None)

    def text(self) -> str:
        return "\n".join([self.title, *(f"  {line}" for line in self.lines), *filter(None, (self.note,))])


def difference_block(title: str, lines: Sequence[str], note: str = "") -> Difference:
    """Make a diff of lines that may be hostile: they are escaped and cut, and the first 400 are shown."""
    more = len(lines) - MOST_LINES
    rest = f"{counted(more, 'more line')}." if more > 0 else ""
    shown = tuple(visible(line, _CHARACTERS) for line in lines[:MOST_LINES])
    return Difference(visible(title, 200), shown, visible(" ".join(filter(None, (note, rest))), 1_000))
