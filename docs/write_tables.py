"""Writes the tables of the pages from the code; run it after a convention or filter changed (``make docs``)."""

from __future__ import annotations

import inspect
import re
import tomllib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.decoding import builtin_conventions
from workbench.decoding.conventions import convention, filters, provenance

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FOLDER = Path(__file__).parent
PAGE = FOLDER / "conventions-and-formats.md"
_MEANINGS = {
    "event_id": "id of the event",
    "correlation_id": "id of the flow that the event belongs to",
    "root_id": "id of the event that started the flow, or of the flow that this one was started from",
    "request_id": "id of the request that it answers",
    "event_type": "what happened",
    "source": "who says so",
    "destination": "who should handle it, or did",
    "environment": "for instance dev or prod",
    "tenant": "the customer or organisation",
    "principal": "the user",
    "event_time": "when it happened",
    "started": "when its handling began",
    "ended": "when its handling ended",
}


def conventions() -> str:
    """One row for each built-in convention, strongest first; the shapes of a convention share a row."""
    text = resources.files("workbench.decoding.conventions").joinpath("builtin.toml").read_text(encoding="utf-8")
    definitions = tomllib.loads(text)
    rows = []
    for name in dict.fromkeys(known.name for known in builtin_conventions()):
        shapes = [known for known in builtin_conventions() if known.name == name]
        definition = definitions.get(name)
        if definition is None:
            dialects = dict.fromkeys(shape.dialect for shape in shapes)
            seen = f"code; the shapes {', '.join(_code(str(dialect)) for dialect in dialects)}"
            rows.append((shapes[0].strength, [_code(name), str(shapes[0].strength), seen, *["by shape"] * 3]))
            continue
        fields = (_places(definition.get(key, ())) for key in ("event_id", "correlation_id", "cause"))
        seen = " and ".join(map(_group, definition["all"]))
        rows.append((shapes[0].strength, [_code(name), str(shapes[0].strength), seen, *fields]))
    rows.sort(key=lambda row: -row[0])
    titles = ("convention", "strength", "recognised by", "event id", "correlation id", "cause")
    return _table(titles, [cells for _, cells in rows])


def fields() -> str:
    """One row for each field that a convention can read."""
    return _table(("field", "means"), [[_code(name), _MEANINGS[name]] for name in convention.VALUE_FIELDS])


def filter_rows() -> str:
    """One row for each filter, from its docstring."""
    rows = []
    for name, function in filters.FILTERS.items():
        sentence = (inspect.getdoc(function) or "").split("\n")[0]
        rows.append([_code(name), sentence.replace("``", "`")])
    return _table(("filter", "gives"), rows)


def writers() -> str:
    """One row for each writer of retry or dead-letter headers."""
    rows = []
    for family in provenance.WRITERS:
        names = [*family.origin.values(), *(name for names in family.error.values() for name in names)]
        rows.append([_code(family.via), ", ".join(map(_code, names[:3])) + (", …" if len(names) > 3 else "")])  # noqa: PLR2004 - examples
    return _table(("writer", "headers, for instance"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "conventions": conventions,
    "fields": fields,
    "filters": filter_rows,
    "writers": writers,
}


def written(page: str) -> str:
    """The page with its tables as the code gives them now."""
    for name, make in TABLES.items():
        mark = f"<!-- {name}: written by docs/write_tables.py -->"
        pattern = re.compile(f"{re.escape(mark)}\n.*?<!-- end -->", re.DOTALL)
        place = pattern.search(page)
        if place is None:
            raise LookupError(f"{PAGE.name} has no place for the table {name!r}.")
        page = f"{page[: place.start()]}{mark}\n{make()}<!-- end -->{page[place.end() :]}"
    return page


def _places(value: str | Iterable[str | list[str]], between: str = ", ") -> str:
    texts = [value] if isinstance(value, str) else value
    flat = [text for entry in texts for text in ([entry] if isinstance(entry, str) else entry)]
    return between.join(map(_code, flat)) or "none"


def _group(group: str | list[str]) -> str:
    text = _places([group], " or ")
    return text if isinstance(group, str) else f"({text})"


def _code(text: str) -> str:
    return f"`{text}`".replace("|", "\\|")


def _table(titles: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(titles)
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
