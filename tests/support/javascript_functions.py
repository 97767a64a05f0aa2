"""Finds the functions of a JavaScript module and the lines of their bodies, by its braces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXTS = re.compile(
    r"""//[^\n]*
    | /\*.*?\*/
    | "(?:\\.|[^"\\\n])*"
    | '(?:\\.|[^'\\\n])*'
    | `(?:\\.|\$\{(?:[^{}`]|`[^`]*`)*\}|[^`\\])*`
    | (?:(?<=[=(,:\[!&|?;{}])|(?<=\breturn)) [ ]* /(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/
    """,
    re.VERBOSE | re.DOTALL,
)
NO_FUNCTION = {"if", "for", "while", "switch", "catch"}


def code_only(text: str) -> str:
    """Blank comments, strings and regular expressions, which may hold any brace."""
    return TEXTS.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def functions(text: str) -> Iterator[tuple[int, int]]:
    """Line where each function begins, and the number of lines between its braces, nested functions included."""
    code = code_only(text)
    opened: list[tuple[int, bool]] = []
    for found in re.finditer(r"[{}]", code):
        if found[0] == "{":
            opened.append((found.start(), _begins_function(code[: found.start()].rstrip())))
            continue
        start, is_function = opened.pop()
        if is_function:
            first = code.count("\n", 0, start)
            yield first + 1, max(code.count("\n", 0, found.start()) - first - 1, 0)
    assert not opened, "the braces do not match"


def _begins_function(before: str) -> bool:
    if before.endswith("=>"):
        return True
    if not before.endswith(")"):
        return False
    depth = 0
    for at in range(len(before) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(before[at], 0)
        if depth == 0:
            word = re.search(r"([\w$#]*)\s*$", before[:at])
            return word is not None and word[1] not in NO_FUNCTION
    return False
