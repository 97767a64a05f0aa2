"""Aligns a table of plain text for a terminal or a ``repr``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.text.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def text_table(header: Sequence[str], rows: Iterable[Sequence[object]], *, numeric: Sequence[int] = ()) -> str:
    """Align a table for a terminal or a ``repr``: columns two blanks apart, no trailing blanks."""
    body = [[visible(str(cell), None) for cell in row] for row in rows]
    titles = [visible(title, None) for title in header]
    widths = [max(len(line[i]) for line in [titles, *body]) for i in range(len(titles))]
    right = frozenset(numeric)

    def aligned(line: Sequence[str]) -> str:
        cells = [c.rjust(w) if i in right else c.ljust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True))]
        return "  ".join(cells).rstrip()

    return "\n".join([aligned(titles), aligned(["-" * width for width in widths]), *(aligned(line) for line in body)])
