"""Draws ``docs/imports.svg`` from the imports of the code; run it after a folder changed (``make docs``).

Rows are the layers of ``pyproject.toml``, boxes the packages with their folders, lines the imports between packages.
A line is left out where a longer way of imports says the same (transitive reduction), or the picture would be black.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import grimp

from workbench.text import Node, element

ROOT = Path(__file__).parents[1]
PICTURE = Path(__file__).parent / "imports.svg"
SWEEPS = 12
MARGIN, GAP, LANE = 24, 22, 18
ROW_GAP, LINE, TITLE = 46, 15, 24
CHARACTER, LETTER = 6.6, 8.6
COLOURS = ("#dbeafe", "#e0e7ff", "#ede9fe", "#fae8ff", "#fce7f3", "#ffedd5", "#fef9c3", "#dcfce7", "#ccfbf1")

COMPILED_IMPORT = re.compile(r"^from workbench\.(\w+)[\w.]* c?import", re.MULTILINE)
Edge = tuple[str, str]


@dataclass
class Place:
    """One thing in a row: a package, or the gap that a longer line passes through."""

    name: str
    row: int
    rooms: list[str] = field(default_factory=list)
    gap: bool = False
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        """In CSS pixels."""
        if self.gap:
            return LANE
        return max(len(self.name) * LETTER, *(len(room) * CHARACTER for room in self.rooms), 60) + 22

    @property
    def height(self) -> float:
        """In CSS pixels."""
        return 0 if self.gap else TITLE + LINE * len(self.rooms) + 8


def layers() -> list[list[str]]:
    """Packages of each layer, top layer first."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contract = next(one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    return [[name.strip() for name in row.split("|")] for row in contract["layers"]]


def import_graph() -> grimp.ImportGraph:
    """Imports that happen when the code runs; a type may be named across a layer, so those are left out."""
    return grimp.build_graph("workbench", exclude_type_checking_imports=True, cache_dir=None)


def package_edges(graph: grimp.ImportGraph) -> set[Edge]:
    """Pairs (importer, imported) of packages; what compiled modules import counts as well."""
    known = {name for row in layers() for name in row}
    found = set()
    for path in ROOT.joinpath("workbench").rglob("*.p[xy][xd]"):
        importer = path.relative_to(ROOT).parts[1]
        found |= {(importer, imported) for imported in COMPILED_IMPORT.findall(path.read_text(encoding="utf-8"))}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            pair = tuple(name.split(".")[1] if "." in name else "" for name in (module, imported))
            found.add((pair[0], pair[1]))
    return {(a, b) for a, b in found if a != b and {a, b} <= known}


def reduced(edges: set[Edge]) -> set[Edge]:
    """The edges that no longer way replaces."""
    after = defaultdict(set)
    for importer, imported in edges:
        after[importer].add(imported)

    def reach(name: str) -> set[str]:
        return set(after[name]).union(*(reach(other) for other in after[name]))

    return {(a, b) for a, b in edges if not any(b in reach(other) for other in after[a] if other != b)}


def places() -> list[list[Place]]:
    """The packages of each row, with their folders."""
    rows = []
    for number, names in enumerate(layers()):
        row = []
        for name in names:
            rooms = sorted(init.parent.name for init in ROOT.joinpath("workbench", name).glob("*/__init__.py"))
            row.append(Place(name, number, rooms))
        rows.append(row)
    return rows


def with_gaps(rows: list[list[Place]], edges: set[Edge]) -> list[tuple[Place, Place]]:
    """Add gaps to the rows that lines cross; lines to one package share theirs. Returns lines from row to row."""
    by_name = {place.name: place for row in rows for place in row}
    gaps: dict[tuple[str, int], Place] = {}
    lines = {}
    for importer, imported in sorted(edges):
        upper, lower = by_name[importer], by_name[imported]
        for number in range(upper.row + 1, lower.row):
            if (imported, number) not in gaps:
                gaps[imported, number] = Place(f"to {imported}", number, gap=True)
                rows[number].append(gaps[imported, number])
            lines[upper.name, upper.row, imported, number] = (upper, gaps[imported, number])
            upper = gaps[imported, number]
        lines[upper.name, upper.row, imported, lower.row] = (upper, lower)
    return list(lines.values())


def arrange(rows: list[list[Place]], lines: list[tuple[Place, Place]]) -> None:
    """Order each row by the middle of its neighbours, sweeping down and up, then set the coordinates."""
    neighbours = defaultdict(list)
    for upper, lower in lines:
        neighbours[id(upper)].append(lower)
        neighbours[id(lower)].append(upper)
    _pack(rows)
    for sweep in range(SWEEPS):
        order = rows if sweep % 2 == 0 else rows[::-1]
        side = -1 if sweep % 2 == 0 else 1
        for row in order:
            wanted = {}
            for place in row:
                beside = [other.x for other in neighbours[id(place)] if (other.row - place.row) * side > 0]
                wanted[id(place)] = sum(beside) / len(beside) if beside else place.x
            row.sort(key=lambda place: (wanted[id(place)], place.name))
            _pack(rows)


def _pack(rows: list[list[Place]]) -> None:
    widths = [sum(place.width for place in row) + GAP * (len(row) - 1) for row in rows]
    middle = max(widths) / 2
    y = MARGIN
    for row, width in zip(rows, widths, strict=True):
        x = MARGIN + middle - width / 2
        for place in row:
            place.x = x + place.width / 2
            place.y = y
            x += place.width + GAP
        y += max(place.height for place in row) + ROW_GAP


def picture() -> str:
    """The whole SVG, the same text for the same code."""
    rows = places()
    lines = with_gaps(rows, reduced(package_edges(import_graph())))
    arrange(rows, lines)
    everything = [place for row in rows for place in row]
    width = max(place.x + place.width / 2 for place in everything) + MARGIN
    height = max(place.y + place.height for place in everything) + MARGIN
    drawn = [
        element("title", "Packages of workbench and what they import"),
        element("rect", width=f"{width:.0f}", height=f"{height:.0f}", fill="#ffffff"),
        *(_line(upper, lower, rows) for upper, lower in lines),
        *(_box(place) for place in everything if not place.gap),
    ]
    size = {"width": f"{width:.0f}", "height": f"{height:.0f}", "viewBox": f"0 0 {width:.0f} {height:.0f}"}
    svg = element("svg", *drawn, xmlns="http://www.w3.org/2000/svg", font_family="system-ui, sans-serif", **size)
    return svg.render().replace("><", ">\n<") + "\n"


def _line(upper: Place, lower: Place, rows: list[list[Place]]) -> Node:
    """From a package down to the foot of its row and over to the next one; a gap is passed straight."""
    foot = upper.y + max(other.height for other in rows[upper.row])
    middle = (foot + lower.y) / 2
    start = upper.y + upper.height
    steps = f"M{upper.x:.1f} {start:.1f} V{foot:.1f} C{upper.x:.1f} {middle:.1f} {lower.x:.1f} {middle:.1f} "
    return element("path", d=f"{steps}{lower.x:.1f} {lower.y:.1f}", fill="none", stroke="#64748b", stroke_width="1.3")


def _box(place: Place) -> Node:
    left = place.x - place.width / 2
    label = {"text_anchor": "middle", "x": f"{place.x:.1f}", "fill": "#0f172a"}
    rooms = [
        element("text", room, font_size="12", y=f"{place.y + TITLE + LINE * (number + 1) - 3:.1f}", **label)
        for number, room in enumerate(place.rooms)
    ]
    return element(
        "g",
        element(
            "rect", x=f"{left:.1f}", y=f"{place.y:.1f}", width=f"{place.width:.1f}", height=f"{place.height:.1f}",
            rx="6", fill=COLOURS[place.row % len(COLOURS)], stroke="#334155",
        ),
        element("text", place.name, font_size="15", font_weight="600", y=f"{place.y + TITLE - 6:.1f}", **label),
        *rooms,
    )  # fmt: skip


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
