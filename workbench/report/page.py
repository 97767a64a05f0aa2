"""Writes a report as one HTML file: headings, tables, text and inline SVG, in light and dark colours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench import __version__
from workbench.text import counted, document, element, number_text, preformatted, table, time_text, visible

if TYPE_CHECKING:
    import os

    from workbench.text import Element

STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --soft: #59636e; --line: #d1d9e0; --paper: #ffffff; --band: #f6f8fa }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --paper: #0d1117; --band: #151b23 }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 72rem; padding: 0 1rem }
h1 { font-size: 1.6rem } h2 { font-size: 1.2rem; margin-top: 2.2rem; border-bottom: 1px solid var(--line) }
p.about { color: var(--soft) }
section { overflow-x: auto }
table { border-collapse: collapse; font-size: 13px }
th, td { padding: 3px 10px; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
  white-space: nowrap }
td { font-variant-numeric: tabular-nums }
tbody tr:nth-child(even) { background: var(--band) }
pre { background: var(--band); padding: 10px; overflow-x: auto; font-size: 12.5px }
svg { max-width: none }
"""
MOST_ROWS = 100
_CELL_CHARACTERS = 120
ABSENT = "–"  # noqa: RUF001 - a dash that stands for no value


@dataclass(frozen=True, slots=True)
class Section:
    """A section of a report: a heading, an introduction and its content."""

    title: str
    about: str
    body: Element | str
    """An element, or text that is shown preformatted."""


def report_page(title: str, sections: list[Section]) -> str:
    """Return the HTML of the page; every text is escaped when its element is made."""
    made = f"Made by eventbus-workbench {__version__} at {time_text(datetime.now(UTC), precision='s')}."
    parts = [element("h1", visible(title)), element("p", made, class_="about")]
    for section in sections:
        body = preformatted(_lines(section.body)) if isinstance(section.body, str) else section.body
        about = element("p", visible(section.about, None), class_="about")
        parts.append(element("section", element("h2", visible(section.title)), about, body))
    return document(visible(title), *parts, stylesheet=STYLE)


def write_report(path: str | os.PathLike[str], title: str, sections: list[Section]) -> Path:
    """Write the page to a file; an existing file is replaced atomically."""
    target = Path(path)
    temporary = target.with_name(f".{target.name}.writing")
    temporary.write_text(report_page(title, sections), encoding="utf-8")
    return temporary.replace(target)


def frame_table(frame: pd.DataFrame, *, rows: int = MOST_ROWS) -> Element:
    """Make an HTML table of at most ``rows`` rows of a frame; the last line counts the rows left out."""
    shown = frame.head(rows)
    numeric = [n for n, kind in enumerate(frame.dtypes) if pd.api.types.is_numeric_dtype(kind)]
    cells = [[_cell(value) for value in row] for row in shown.itertuples(index=False)]
    if len(frame) > rows:
        cells.append([f"… {counted(len(frame) - rows, 'more row')}", *[""] * (len(frame.columns) - 1)])
    return table([visible(str(name), _CELL_CHARACTERS) for name in frame.columns], cells, numeric=numeric)


def _lines(text: str) -> str:
    return "\n".join(visible(line, None) for line in text.split("\n"))


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{visible(str(name))} {_cell(part)}" for name, part in value.items())
    if isinstance(value, list | tuple | np.ndarray):
        return visible(", ".join(map(_cell, value)), _CELL_CHARACTERS)
    if value is None or value is pd.NA or value != value:  # noqa: PLR0124 - not a number
        return ABSENT
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return number_text(value)
    return visible(str(value), _CELL_CHARACTERS)
