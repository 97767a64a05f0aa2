"""docs/architecture.md: its picture, its layers and its ways of a record are those of the code."""

from __future__ import annotations

import re
from itertools import pairwise

import grimp
import pytest
from project_docs import DOCS, ROOT

PAGE = (DOCS / "architecture.md").read_text()
WALKS = re.findall(r"^### ([^\n]+) \((up|down)\)\n(.*?)(?=^#|\Z)", PAGE, re.MULTILINE | re.DOTALL)
NAMES = ["Bytes to row", "Snapshot to drawn graph", "Live record to tail", "Selection to replayed record"]
GRAPH = grimp.build_graph("workbench", exclude_type_checking_imports=False, cache_dir=None)


@pytest.fixture
def layers(project_script):
    return project_script("draw_imports").layers()


def modules(walk):
    return re.findall(r"^\d+\. `(workbench\.[\w.]+)`", walk, re.MULTILINE)


def package(module):
    return module.split(".")[1]


def test_the_four_ways_are_there():
    assert [name for name, _, _ in WALKS] == NAMES


@pytest.mark.parametrize(("way", "walk"), [(way, walk) for _, way, walk in WALKS], ids=NAMES)
def test_a_way_goes_through_modules_in_one_direction(way, walk, layers):
    passed = modules(walk)
    assert len(passed) == len(re.findall(r"^\d+\. ", walk, re.MULTILINE)) >= 5
    assert set(passed) <= GRAPH.modules
    assert len(set(passed)) == len(passed)
    heights = {name: -number for number, row in enumerate(layers) for name in row}
    steps = [heights[package(module)] for module in passed]
    assert steps == sorted(steps, reverse=way == "down")
    entered = [package(one) for one, other in pairwise(["workbench. ", *passed]) if package(one) != package(other)]
    assert len(set(entered)) == len(entered), "a package that was left is entered again"


@pytest.mark.parametrize("walk", [walk for _, _, walk in WALKS], ids=NAMES)
def test_neighbours_of_one_package_are_connected_by_imports(walk):
    for one, other in pairwise(modules(walk)):
        if package(one) == package(other):
            joined = GRAPH.find_modules_that_directly_import(one) & GRAPH.find_modules_that_directly_import(other)
            connected = joined or GRAPH.chain_exists(one, other) or GRAPH.chain_exists(other, one)
            assert connected, f"nothing leads from {one} to {other}"


def test_the_layers_of_the_page_are_those_of_the_contract(layers):
    text = re.search(r"<!-- layers: [^\n]+-->\n```\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)[1]
    assert [[name.strip() for name in line.split("|")] for line in text.splitlines()] == layers


def test_every_package_is_described(layers):
    table = PAGE.split("\n| folder | holds | must not |\n")[1].split("\n\n")[0]
    described = [name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert sorted(described) == sorted(name for row in layers for name in row)


def test_every_package_of_the_subjects_is_a_feature_of_the_readme(layers):
    readme = (ROOT / "README.md").read_text().split("\n## What it can do\n")[1].split("\n## ")[0]
    ground = {name for row in layers[-3:] for name in row}
    assert set(re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE)) == {name for row in layers for name in row} - ground


def test_the_picture_is_what_the_script_draws_now(project_script):
    drawing = project_script("draw_imports")
    assert (DOCS / "imports.svg").read_text() == drawing.picture(), "make docs"
