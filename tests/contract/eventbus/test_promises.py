"""`promises.md` maps each of the contract's 113 promises to the tests that prove it; it is complete and true.

Run this module as a program to write the page anew from the markers of the tests.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "tests" / "contract" / "promises.md"
REFERENCE = ROOT.parent / "shared" / "reference" / "contract.md"

COUNTS = {
    "PB": 14, "KA": 10, "RP": 8, "TY": 11, "ET": 9, "ER": 5, "UP": 4, "IN": 6, "ES": 8, "PF": 3, "RS": 8, "TS": 4,
    "CF": 12, "BP": 7, "SF": 4,
}  # fmt: skip
"""Rows of the contract's checklist by prefix: 113."""

WAITING: dict[str, str] = {}
"""What of a promise is not there yet: nothing."""

HEAD = """# Promises of the event-bus contract, and the tests that prove them

Written from the `promise` markers of the tests by `python tests/contract/eventbus/test_promises.py`; a test keeps it
complete and true. Suites under `tests/contract/eventbus` run on the memory backend and on a real Kafka, unless the
module says otherwise. *Waiting* names what of a promise is not there yet.

| id | promise | proven by | waiting |
|---|---|---|---|
"""


def ids() -> list[str]:
    return [f"{prefix}-{number}" for prefix, count in COUNTS.items() for number in range(1, count + 1)]


def marked(path: Path) -> dict[str, list[str]]:
    """Ids that a test module's markers name, each with the tests, as pytest writes their names."""
    found: dict[str, list[str]] = defaultdict(list)
    name = path.relative_to(ROOT).as_posix()

    def visit(node: ast.AST, above: str) -> None:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            here = f"{above}::{child.name}"
            if child.name.startswith(("test_", "Test")):
                for promise in promises_of(child):
                    found[promise].append(here)
            if isinstance(child, ast.ClassDef):
                visit(child, here)

    visit(ast.parse(path.read_text()), name)
    return found


def promises_of(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[str]:
    calls = [one for one in node.decorator_list if isinstance(one, ast.Call) and ast.unparse(one.func) == MARKER]
    return [argument.value for call in calls for argument in call.args if isinstance(argument, ast.Constant)]


MARKER = "pytest.mark.promise"


def proofs() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for promise, tests in marked(path).items():
            found[promise] += tests
    return found


def texts(page: str) -> dict[str, str]:
    """Promise of each id, from a table whose first two columns are id and text."""
    rows = re.findall(r"^\| ([A-Z]{2}-\d+)†? \| (.*?) \|", page, re.MULTILINE)
    return dict(rows)


def written(promises: dict[str, str]) -> str:
    found = proofs()
    rows = [
        f"| {name} | {promises[name]} | {'<br>'.join(f'`{test}`' for test in found[name]) or '-'} "
        f"| {WAITING.get(name, '')} |\n"
        for name in ids()
    ]
    return HEAD + "".join(rows)


def test_every_promise_is_listed_once():
    listed = re.findall(r"^\| ([A-Z]{2}-\d+) \|", PAGE.read_text(), re.MULTILINE)
    assert listed == ids()
    assert len(listed) == 113


def test_the_page_says_what_the_markers_say():
    assert PAGE.read_text() == written(texts(PAGE.read_text())), f"run python {Path(__file__).relative_to(ROOT)}"


def test_every_promise_has_a_test_or_waits():
    found = proofs()
    assert [name for name in ids() if not found[name] and name not in WAITING] == []
    assert sorted(set(found) - set(ids())) == [], "a marker names a promise that there is not"


def test_the_reference_lists_the_same_promises():
    if REFERENCE.is_file():
        text = REFERENCE.read_text()
        checklist = text[text.index("\n## 9. Checklist") : text.index("\n## 10. ")]
        assert texts(checklist) == texts(PAGE.read_text())
    assert sum(COUNTS.values()) == 113


if __name__ == "__main__":
    reference = REFERENCE.read_text() if REFERENCE.is_file() else PAGE.read_text()
    PAGE.write_text(written(texts(reference)))
