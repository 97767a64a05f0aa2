"""Value trees: the form in which every format gives a record's value, and paths into it.

A tree is made of dictionaries with text keys, lists, texts, `NumberText` or numbers, booleans and None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence


class NumberText(str):
    """The literal of a number as it was written; an id that is a number never goes through a float."""

    __slots__ = ()


class _Missing:
    """Type of `MISSING`."""

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""Marks a value or member that is absent. Null is a value and is kept apart from it."""


@dataclass(frozen=True, slots=True)
class Items:
    """A path step into an array: every item, or those whose ``member`` equals ``equals``."""

    member: str | None = None
    equals: str | None = None


PathStep: TypeAlias = str | Items


def walk(tree: Any, steps: Sequence[PathStep]) -> list[Any]:
    """Return the values at a path: one or none, several where a step goes through an array."""
    found = [tree]
    for step in steps:
        if isinstance(step, str):
            found = [item[step] for item in found if isinstance(item, dict) and step in item]
            continue
        items = [item for array in found if isinstance(array, list) for item in array]
        if step.member is not None:
            items = [item for item in items if isinstance(item, dict) and item.get(step.member) == step.equals]
        found = items
    return found


def scalar_text(value: Any) -> str | None:
    """Return the text of a scalar; None for null, an empty text, an object or an array."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else None
