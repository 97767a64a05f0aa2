"""Runs the tests of the JavaScript modules without DOM in node; the other modules are proven in ``tests/browser``."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import workbench

WIDGETS = Path(workbench.__file__).parent / "widgets"
HERE = Path(__file__).parent
TESTS = {f"{test.parent.name}/{test.name.removesuffix('.test.mjs')}": test for test in HERE.glob("*/*.test.mjs")}


@pytest.mark.parametrize("name", sorted(TESTS))
def test_in_node(name: str, node_path: str) -> None:
    run = subprocess.run(
        [node_path, "--test", str(TESTS[name])], capture_output=True, text=True, timeout=50, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_each_module_that_says_that_it_needs_no_dom_has_a_test() -> None:
    pure = {
        f"{module.parent.name}/{module.stem}"
        for module in WIDGETS.glob("*/*.mjs")
        if "no DOM" in module.read_text("utf-8").split("*/")[0]
    }
    assert pure == set(TESTS)
