"""Habits of the code that no linter knows: sizes, exports, imports, sinks of hostile text."""

from __future__ import annotations

import ast
import importlib
import io
import pkgutil
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest
from javascript_functions import functions

import workbench

ROOT = Path(workbench.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
COMPILED = sorted(path for path in ROOT.rglob("*") if path.suffix in {".pyx", ".pxd"})
SHIPPED = sorted(path for path in ROOT.joinpath("widgets").rglob("*") if path.suffix in {".js", ".mjs", ".css"})
STATIC = [path for path in SHIPPED if path.suffix != ".css"]
LONGEST = 400
SCREEN = 40
DENSEST = 0.08
FEW_LINES = 50
HEAVY = {"pandas", "plotly", "anywidget", "ipywidgets", "aiokafka", "duckdb", "pyarrow", "numpy", "pydantic"}


def name_of(path):
    return str(path.relative_to(ROOT.parent))


def faults(paths, look):
    """What a look finds in each of many files, by name: one test of all of them costs less than a test of each."""
    found = {name_of(path): look(path.read_text()) for path in paths}
    return {name: fault for name, fault in found.items() if fault}


def lines_beyond(text):
    length = len(text.splitlines())
    return f"{length} lines: split it by noun" if length > LONGEST else ""


def dense_comments(text):
    lines = text.splitlines()
    code = sum(bool(line.strip()) and not line.lstrip().startswith("#") for line in lines)
    if code <= FEW_LINES or "#" not in text:
        return ""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    own_line = sum(t.type == tokenize.COMMENT and lines[t.start[0] - 1].lstrip().startswith("#") for t in tokens)
    return "" if own_line / code < DENSEST else f"{own_line} comment lines for {code} of code"


def test_files_end_at_400_lines():
    assert faults([*MODULES, *COMPILED, *SHIPPED], lines_beyond) == {}


def test_modules_comment_sparingly():
    assert faults(MODULES, dense_comments) == {}


def test_functions_of_scripts_fit_a_screen():
    assert faults(STATIC, lambda text: [found for found in functions(text) if found[1] > SCREEN]) == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("function f(a) {\n  one();\n  two();\n}\n", [(1, 2)]),
        ("class A {\n  #x = '{';\n  m(a = (1)) {\n    if (a) {\n      b();\n    }\n  }\n}\n", [(3, 3)]),
        ('const f = (a) => {\n  // }\n  return /[{/]/.test(a) ? `${a}{` : "}";\n};\n', [(1, 2)]),
        ("for (const a of b) {\n}\nswitch (a) {\n}\nconst c = { d: 1 };\n", []),
        ("on(() => {\n  on(() => {\n    a();\n  });\n});\n", [(2, 1), (1, 3)]),
    ],
)
def test_the_counter_of_lines_counts(text, found):
    assert list(functions(text)) == found


def packages():
    found = pkgutil.walk_packages([str(ROOT)], "workbench.")
    return ["workbench", *(module.name for module in found if not module.name.endswith("__main__"))]


def test_what_is_exported_is_there_and_sorted():
    for name in packages():
        module = importlib.import_module(name)
        exported = getattr(module, "__all__", ())
        assert len(set(exported)) == len(exported), name
        # Ruff's order: constants, then classes, then the rest, each by name.
        kinds = [(not entry.isupper(), not entry[:1].isupper(), entry) for entry in exported]
        assert kinds == sorted(kinds), name
        assert [entry for entry in exported if getattr(module, entry) is None] == [], name


def test_importing_the_package_loads_nothing_heavy():
    code = f"import sys, workbench; print(sorted({HEAVY!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_importing_the_command_line_loads_nothing_heavy():
    unwanted = HEAVY - {"pydantic"} | {"httpx", "workbench.session"}
    code = f"import sys, workbench.cli as c; c.application(); print(sorted({unwanted!r} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def sinks(tree):
    """Calls of HTML and Markdown whose argument is not a constant."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        arguments = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg in {"value", "data"})]
        if called in {"HTML", "HTMLMath", "Markdown"} and not all(isinstance(one, ast.Constant) for one in arguments):
            yield node.lineno


def test_html_and_markdown_get_constants_only():
    may_be = re.compile("HTML|Markdown")
    assert faults(MODULES, lambda text: list(sinks(ast.parse(text))) if may_be.search(text) else []) == {}


def test_the_detector_of_sinks_detects():
    assert sorted(sinks(ast.parse("display(HTML(event.payload))\nMarkdown('fixed')\nw.HTML(value=x)\n"))) == [1, 3]


FORBIDDEN = re.compile(
    r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\s*\(|new\s+Function|srcdoc|createContextualFragment)"
)


def test_scripts_never_interpret_text():
    assert faults(STATIC, FORBIDDEN.findall) == {}


@pytest.mark.parametrize(
    "text", ["a.innerHTML = x", "new Function(x)", "eval (x)", "n.insertAdjacentHTML('beforeend', x)"]
)
def test_the_detector_of_scripts_detects(text):
    assert FORBIDDEN.search(text)


def hosts(text):
    text = re.sub(r"http://www\.w3\.org/\d{4}/[\w/]+", "", text)
    return re.findall(r"https?://[^\s\"')]+|sourceMappingURL|@import", text)


def test_what_ships_to_the_browser_names_no_host():
    assert faults(SHIPPED, hosts) == {}
