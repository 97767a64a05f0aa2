"""No imports in a circle inside a folder, imports for type checking included; compiled modules import downwards too."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import grimp

import workbench

ROOT = Path(workbench.__file__).parent
GRAPH = grimp.build_graph("workbench", exclude_type_checking_imports=False, cache_dir=None)
PACKAGES = sorted(
    ".".join(path.parent.relative_to(ROOT.parent).parts)
    for path in ROOT.rglob("__init__.py")
    if path.parent != ROOT  # a type may be named across a layer, so the top is left to import-linter
)


def circles(package):
    """Groups of children of a package that import each other, a module counted with all below it."""
    children = sorted(GRAPH.find_children(package))
    wanted = {child: {child, *GRAPH.find_descendants(child)} for child in children}
    arrows = {
        child: {
            other
            for other in children
            if other != child
            and any(
                imported in wanted[other]
                for one in wanted[child]
                for imported in GRAPH.find_modules_directly_imported_by(one)
            )
        }
        for child in children
    }
    reached = {child: closure(child, arrows) for child in children}
    return sorted(
        {
            tuple(sorted({child, *(o for o in reached[child] if child in reached[o])}))
            for child in children
            if child in reached[child]
        }
    )


def closure(start, arrows):
    found, waiting = set(), list(arrows[start])
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting.extend(arrows[one])
    return found


def test_no_circle_inside_a_folder():
    found = {package: circles(package) for package in PACKAGES}
    assert {package: circle for package, circle in found.items() if circle} == {}


def layers():
    project = tomllib.loads((ROOT.parent / "pyproject.toml").read_text())
    contract = next(one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")
    return {name.strip(): height for height, row in enumerate(reversed(contract["layers"])) for name in row.split("|")}


def test_compiled_modules_import_downwards():
    heights = layers()
    for path in [*ROOT.rglob("*.pyx"), *ROOT.rglob("*.pxd")]:
        own = path.relative_to(ROOT).parts[0]
        for imported in re.findall(r"^from workbench\.(\w+)[\w.]* c?import", path.read_text(), re.MULTILINE):
            assert imported == own or heights[imported] < heights[own], f"{path.name} imports {imported}"
