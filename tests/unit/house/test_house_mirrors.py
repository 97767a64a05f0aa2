"""Tests mirror the tree: who changes a module knows which tests to run, and a module without any is named here."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

import workbench

ROOT = Path(workbench.__file__).parent
TESTS = ROOT.parent / "tests"
LIST = Path(__file__).with_name("proven_elsewhere.toml")
ELSEWHERE = tomllib.loads(LIST.read_text())
MODULES = sorted(
    str(path.relative_to(ROOT)) for path in ROOT.rglob("*.py") if path.name not in ("__init__.py", "__main__.py")
)
HOUSE = TESTS / "unit" / "house"
MIRRORS = sorted(path for path in TESTS.joinpath("unit").rglob("test_*.py") if HOUSE not in path.parents)


def mirrors(module):
    """Where the unit tests of a module are: ``test_b.py`` in the same folder, or a folder of several."""
    place = TESTS / "unit" / Path(module).parent
    stem = Path(module).stem
    return [place / f"test_{stem}.py", place / stem]


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_a_mirror_or_says_which_suite_proves_it(module):
    found = [path for path in mirrors(module) if path.exists()]
    if found:
        assert module not in ELSEWHERE, f"{module} has a mirror now: take it off {LIST.name}"
    else:
        assert module in ELSEWHERE, (
            f"write {mirrors(module)[0].relative_to(TESTS.parent)}, or name the suite in {LIST.name}"
        )


@pytest.mark.parametrize(("module", "suites"), sorted(ELSEWHERE.items()))
def test_what_is_proven_elsewhere_exists(module, suites):
    assert (ROOT / module).is_file(), f"{module} is gone: take it off {LIST.name}"
    missing = [suite for suite in suites if not (TESTS / suite).exists()]
    assert suites, "name at least one suite"
    assert not missing, missing


@pytest.mark.parametrize("path", MIRRORS, ids=lambda path: str(path.relative_to(TESTS)))
def test_every_unit_test_stands_beside_what_it_tests(path):
    inside = path.relative_to(TESTS / "unit")
    subject = path.stem.removeprefix("test_")
    if subject == "init":
        subject = "__init__"
    candidates = [ROOT / inside.parent / f"{subject}{suffix}" for suffix in (".py", ".pyx", "")]
    folder = ROOT / inside.parent
    whole = [folder.with_suffix(".py"), folder.with_suffix(".pyx")]  # one of several files about one module
    about_the_folder = folder.is_dir() and subject == folder.name
    assert about_the_folder or any(one.exists() for one in [*candidates, *whole]), (
        f"no module {inside.parent / subject} is there: rename {path.name} after what it tests"
    )
