"""Bundles the ES modules and the style sheets of a widget into one text each, as anywidget loads them.

anywidget evaluates the text of one module, without a server that could answer an ``import`` of another file. Each
imported module therefore becomes a function scope of its own, as ES modules have, so that two modules may use the same
name inside. Mistakes that a browser would only show at run time raise ``ImportError`` when Python imports the widget.
"""

from __future__ import annotations

import re
from pathlib import Path

RECORD_STYLE = Path(__file__).with_name("detail.css")
"""Style of the pane of ``detail.mjs``."""

_THEME = Path(__file__).with_name("theme.css")
_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.{1,2}/[\w./]+\.mjs)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|function|async function|class) (\w+))", re.MULTILINE)
_LEFT_OVER = re.compile(r"^\s*(?:import|export)\b.*|\bimport\s*\(.*", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*(?:(?!\*/).)*\*/[ \t]*)\n", re.MULTILINE | re.DOTALL)
_TYPE = re.compile(r"/\*\* @(?:(?!\*/).)*\*/ ?")
_INDENT = re.compile(r"^\s+", re.MULTILINE)
_ENTRY = "export default { render };\n"


def bundle_modules(view: Path) -> str:
    """Bundle a widget's view module and every module that it imports, dependencies first.

    Args:
        view: The module that ends with ``export default { render };``. It and its imports are written in the subset
            that every module here keeps: ``import { name } from "./file.mjs";`` and ``export`` before ``const``,
            ``function`` or ``class``.

    Returns:
        The text of one ES module without imports, indentation, lines of comments, and types between the code.

    Raises:
        ImportError: A module imports what another does not export, imports form a circle, or a statement lies outside
            the subset.
    """
    bundle = _Bundle()
    text = view.read_text("utf-8")
    if not text.endswith(_ENTRY):
        raise ImportError(f"{view} does not end with {_ENTRY.strip()!r}")
    body = bundle.linked(view.resolve(), _without_comments(view, text.removesuffix(_ENTRY)), ())
    return "\n".join([*bundle.scopes.values(), body + _ENTRY])


def bundle_styles(*sheets: Path) -> str:
    """Join the style sheets of a widget, after the one that sets the colours of every widget."""
    return "\n".join(sheet.read_text("utf-8") for sheet in (_THEME, *sheets))


class _Bundle:
    """The modules bundled so far."""

    def __init__(self) -> None:
        self.scopes: dict[Path, str] = {}
        self._exports: dict[Path, set[str]] = {}

    def linked(self, file: Path, text: str, importers: tuple[Path, ...]) -> str:
        """Replace each import of a module by the constants that it imports."""
        path = (*importers, file)

        def link(found: re.Match[str]) -> str:
            imported = (file.parent / found[2]).resolve()
            if imported in path:
                circle = " imports ".join(one.name for one in (*path[path.index(imported) :], imported))
                raise ImportError(f"circular import: {circle}")
            self._add(imported, path)
            names = [name.split() for name in found[1].split(",") if name.strip()]
            for name, *_ in names:
                if name not in self._exports[imported]:
                    raise ImportError(f"{file.name} imports {name}, which {imported.name} does not export")
            constants = ", ".join(name if not alias else f"{name}: {alias[-1]}" for name, *alias in names)
            return f"const {{ {constants} }} = {_scope(imported)};"

        text = _IMPORT.sub(link, text)
        left_over = _LEFT_OVER.search(_EXPORT.sub("", text))
        if left_over:
            raise ImportError(f"{file.name} cannot be bundled: {left_over[0].strip()}")
        return text

    def _add(self, file: Path, importers: tuple[Path, ...]) -> None:
        if file in self.scopes:
            return
        text = self.linked(file, _without_comments(file, file.read_text("utf-8")), importers)
        exports = self._exports[file] = set(_EXPORT.findall(text))
        body = _EXPORT.sub("", text)
        returned = ", ".join(sorted(exports))
        # A widget and base/ may both have a geometry.mjs; two files of one name in one folder cannot be.
        if any(_scope(file) == _scope(other) for other in self.scopes):
            raise ImportError(f"two modules would both be called {_scope(file)}")
        self.scopes[file] = f"const {_scope(file)} = (() => {{\n{body}\nreturn {{ {returned} }};\n}})();"


def _without_comments(file: Path, text: str) -> str:
    # Lines of comments are more than a third of the text, indentation and types a tenth, and a page loads the text once
    # for each widget it shows.
    for number, line in enumerate(text.splitlines(), start=1):
        # A string over several lines could hold a line that only looks like a comment.
        if not line.lstrip().startswith(("//", "*", "/*")) and line.count("`") % 2:
            raise ImportError(f"{file.name}:{number}: template strings end on the line where they begin")
    return _INDENT.sub("", _TYPE.sub("", _COMMENT.sub("", text)))


def _scope(file: Path) -> str:
    # No identifier of ours contains "$", so this cannot clash with a name of the view module.
    return f"{file.parent.name}${file.stem}"
