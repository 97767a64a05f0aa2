"""Tests mirror the tree: who changes a module knows which tests to run, and a module without any is named here."""

from __future__ import annotations

import tomllib
from pathlib import Path

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


def test_every_module_has_a_mirror_or_says_which_suite_proves_it():
    mirrored = {module for module in MODULES if any(path.exists() for path in mirrors(module))}
    assert sorted(mirrored & set(ELSEWHERE)) == [], f"these have a mirror now: take them off {LIST.name}"
    wanted = {module: str(mirrors(module)[0].relative_to(TESTS.parent)) for module in MODULES}
    missing = {module: where for module, where in wanted.items() if module not in mirrored | set(ELSEWHERE)}
    assert missing == {}, f"write these, or name the suite in {LIST.name}"


def test_what_is_proven_elsewhere_exists():
    assert [module for module in ELSEWHERE if not (ROOT / module).is_file()] == [], f"take them off {LIST.name}"
    assert [module for module, suites in ELSEWHERE.items() if not suites] == [], "name at least one suite"
    assert [suite for suites in ELSEWHERE.values() for suite in suites if not (TESTS / suite).exists()] == []


def is_beside_its_subject(path):
    inside = path.relative_to(TESTS / "unit")
    subject = path.stem.removeprefix("test_")
    if subject == "init":
        subject = "__init__"
    candidates = [ROOT / inside.parent / f"{subject}{suffix}" for suffix in (".py", ".pyx", "")]
    folder = ROOT / inside.parent
    whole = [folder.with_suffix(".py"), folder.with_suffix(".pyx")]  # one of several files about one module
    about_the_folder = folder.is_dir() and subject == folder.name
    return about_the_folder or any(one.exists() for one in [*candidates, *whole])


def test_every_unit_test_stands_beside_what_it_tests():
    lost = [str(path.relative_to(TESTS)) for path in MIRRORS if not is_beside_its_subject(path)]
    assert lost == [], "name them after the modules that they test"
