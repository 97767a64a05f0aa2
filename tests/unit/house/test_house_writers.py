"""Only `workbench.text` writes times, durations, plurals, sizes and positions: no other module has its own rule."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import workbench

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(workbench.__file__).parent
EXCEPTIONS = {
    ("store/journal/plans.py", "fromtimestamp"): "makes a datetime to store, no text",
    ("eventbus/subscribing/subscription.py", "position"): "the name of a task, which a partition may have several of",
    ("lag/figure.py", "position"): "a legend: the topic is shortened to its last characters first",
}
"""File and rule, with the reason why it may stand there."""

_DATE = re.compile(r"%[A-Za-z]")
_SIZE = re.compile(r" (?:bytes|[KMG]i?B)\b")
_DURATION = re.compile(r" (?:ns|µs|ms|s|min|seconds|minutes|hours)\b")
_PLURAL = re.compile(r" (?:[a-z-]+ )?[a-z]{2,}(?<!s)s\b")
_NO_PLURALS = re.compile(r" (?:of its|is|was|has|does|holds|less|takes)\b")


def broken_rules(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Name of the broken rule and its line, for each place."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in {"strftime", "fromtimestamp", "utcfromtimestamp"}:
            yield node.attr, node.lineno
        if isinstance(node, ast.IfExp) and {_constant(node.body), _constant(node.orelse)} & {"s", "es"}:
            yield "plural", node.lineno
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult) and _constant(node.left) == "s":
            yield "plural", node.lineno
        if isinstance(node, ast.JoinedStr):
            yield from ((rule, node.lineno) for rule in _of_text(node))


def _of_text(text: ast.JoinedStr) -> Iterator[str]:
    for value, following in zip(text.values, [*text.values[1:], None], strict=True):
        if not isinstance(value, ast.FormattedValue):
            continue
        spec = "".join(map(_constant, value.format_spec.values)) if isinstance(value.format_spec, ast.JoinedStr) else ""
        after = _constant(following)
        if _DATE.search(spec):
            yield "strftime"
        counts = spec == "," or (isinstance(value.value, ast.Call) and ast.unparse(value.value.func) == "len")
        if _SIZE.match(after):
            yield "size"
        if _DURATION.match(after):
            yield "duration"
        if counts and _PLURAL.match(after) and not _NO_PLURALS.match(after):
            yield "plural"
    shape = "".join("{}" if isinstance(value, ast.FormattedValue) else _constant(value) for value in text.values)
    names = [ast.unparse(value.value) for value in text.values if isinstance(value, ast.FormattedValue)]
    if "}/{}@{" in shape or (any(re.search(r"\bpartition\b|_partition\b", name) for name in names) and "}/{" in shape):
        yield "position"


def _constant(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def test_only_text_writes_by_these_rules() -> None:
    found = {
        (str(path.relative_to(PACKAGE)), rule): line
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.relative_to(PACKAGE).parts[0] != "text"
        for rule, line in broken_rules(ast.parse(path.read_text("utf-8")))
    }
    wrong = {f"{name}:{line}: {rule}" for (name, rule), line in found.items() if (name, rule) not in EXCEPTIONS}
    assert not wrong, "write these by workbench.text, or name the exception with its reason"
    assert EXCEPTIONS.keys() <= found.keys(), "an exception is named that nothing needs"


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("at.strftime('%H')", "strftime"),
        ("datetime.fromtimestamp(ms / 1000)", "fromtimestamp"),
        ("f'{at:%H:%M}'", "strftime"),
        ("f\"{n} record{'' if n == 1 else 's'}\"", "plural"),
        ("f\"{n} record{'s' * (n != 1)}\"", "plural"),
        ("f'{n:,} records'", "plural"),
        ("f'{len(rows)} more rows'", "plural"),
        ("f'{size} bytes'", "size"),
        ("f'{timeout_s:g} s'", "duration"),
        ("f'{topic}/{partition}@{offset}'", "position"),
        ("f'{tp.topic}/{tp.partition}'", "position"),
    ],
)
def test_a_private_writer_is_found(source: str, rule: str) -> None:
    assert rule in {name for name, _ in broken_rules(ast.parse(source))}


@pytest.mark.parametrize("source", ["f'{share:.1%}'", "f'{n:,}'", "f'{len(a)} of its parts'", "f'{folder}/{name}'"])
def test_what_is_no_rule_is_left_alone(source: str) -> None:
    assert not list(broken_rules(ast.parse(source)))
