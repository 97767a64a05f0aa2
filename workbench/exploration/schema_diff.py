"""Compares two versions of a subject, line by line."""

from __future__ import annotations

import contextlib
import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.text import counted, element, output_html, preformatted, visible

if TYPE_CHECKING:
    from workbench.bus.registry import SubjectVersion
    from workbench.model.schemas import Schema
    from workbench.text import Node

_LINES = 5_000
"""Lines of one version that are compared: the time grows with their square."""
_CHARACTERS = 400


@dataclass(frozen=True, slots=True, repr=False)
class SchemaDiff:
    """The difference of two versions of a subject. The text is a unified diff, as ``diff -u`` writes it."""

    subject: str
    first: int
    second: int
    lines: tuple[str, ...]
    """Lines of the diff; empty where nothing but blanks or the order of the same keys differs."""
    note: str = ""

    @property
    def changed(self) -> bool:
        """Whether the versions differ."""
        return bool(self.lines)

    @property
    def text(self) -> str:
        """The diff as text, control characters made visible."""
        return "\n".join([self._heading, *map(_shown, self.lines or ("no difference",)), *self._notes])

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        lines = [_line(line) for line in self.lines] or [element("div", "no difference")]
        body = element("div", *lines, class_="workbench-diff")
        return output_html(element("h4", self._heading), body, *(element("p", note) for note in self._notes))

    @property
    def _heading(self) -> str:
        return f"{visible(self.subject, 200)}: version {self.first} to {self.second}"

    @property
    def _notes(self) -> list[str]:
        return [self.note] if self.note else []


def diff_versions(first: SubjectVersion, second: SubjectVersion) -> SchemaDiff:
    """Compare two versions. JSON and Avro are written with one member a line; the order of members counts."""
    before, after = _lines_of(first.schema), _lines_of(second.schema)
    note = ""
    if max(len(before), len(after)) > _LINES:
        note = f"Only the first {counted(_LINES, 'line')} of each version were compared."
        before, after = before[:_LINES], after[:_LINES]
    names = (f"version {first.version} (id {first.schema.id})", f"version {second.version} (id {second.schema.id})")
    lines = tuple(difflib.unified_diff(before, after, *names, n=3, lineterm=""))
    return SchemaDiff(second.subject, first.version, second.version, lines, note)


def _lines_of(schema: Schema) -> list[str]:
    text = schema.text
    if schema.type != "PROTOBUF":
        with contextlib.suppress(ValueError, RecursionError):
            text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    references = [f"reference {one.name} = {one.subject} version {one.version}" for one in schema.references]
    return [f"type {schema.type}", *references, *text.splitlines()]


def _shown(line: str) -> str:
    return visible(line, _CHARACTERS)


def _line(line: str) -> Node:
    inside = preformatted(_shown(line) or " ")
    if line.startswith(("+++", "---", "@@")):
        return element("strong", inside)
    return element("ins" if line.startswith("+") else "del" if line.startswith("-") else "div", inside)
