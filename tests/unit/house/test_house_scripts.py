"""No script or style sheet of a widget loads anything or turns text into markup; HTML displays get constants only."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import workbench
from workbench.widgets.base.bundle import bundle_modules

PACKAGE = Path(workbench.__file__).parent
WIDGETS = PACKAGE / "widgets"
VIEWS = sorted(WIDGETS.rglob("*.js"))
SCRIPTS = sorted([*VIEWS, *WIDGETS.rglob("*.mjs")])
SINKS = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\b|new Function|document\.write|\.href\b|srcdoc")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_can_turn_text_into_markup(script: Path) -> None:
    assert not SINKS.search(script.read_text("utf-8"))


@pytest.mark.parametrize("script", VIEWS, ids=lambda path: path.parent.name)
def test_a_joined_module_stands_alone_and_is_small(script: Path) -> None:
    text = bundle_modules(script)
    assert len(text.encode()) <= 40_000
    assert not re.search(r"^import |^export (?!default )", text, re.MULTILINE)
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)", text)


@pytest.mark.parametrize("sheet", sorted(WIDGETS.rglob("*.css")), ids=lambda path: path.parent.name)
def test_no_style_sheet_loads_anything(sheet: Path) -> None:
    assert not re.search(r"@import|url\(|@font-face", sheet.read_text("utf-8"))


def test_html_and_markdown_displays_get_constants_only() -> None:
    offenders = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            if called in {"HTML", "HTMLMath", "Markdown"} and not all(isinstance(a, ast.Constant) for a in given):
                offenders.append(f"{path.name}:{node.lineno}")
    assert offenders == []
