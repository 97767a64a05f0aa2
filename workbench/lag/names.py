"""Picks consumer groups by exact id, else by shell pattern."""

from __future__ import annotations

import difflib
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIMILAR = 3
_WILDCARDS = frozenset("*?[")


def matching(pattern: str, names: Iterable[str]) -> list[str]:
    """Return the names that a pattern selects. One that is exactly a name selects that name and nothing else.

    Ids may hold the characters of patterns (``billing[eu]``), or be empty.
    """
    known = list(names)
    return [pattern] if pattern in known else [name for name in known if fnmatchcase(name, pattern)]


def is_exact(pattern: str) -> bool:
    """Whether a pattern can only mean one id."""
    return not _WILDCARDS & set(pattern)


def no_such_group(pattern: str, known: Iterable[str], where: str) -> WorkbenchError:
    """Make the error of an id or pattern that no group has; it suggests ids that are close."""
    ids = sorted(known)
    low = pattern.lower().strip("*?")
    similar = dict.fromkeys(
        [*difflib.get_close_matches(pattern, ids, n=_SIMILAR), *(one for one in ids if low and low in one.lower())]
    )
    shown = ", ".join(repr(visible(one, 100)) for one in list(similar)[:_SIMILAR])
    if shown:
        hint = f"Similar ids: {shown}."
    elif ids:
        hint = f"None of its {counted(len(ids), 'group')} has a similar id; leave the group out to see all."
    else:
        hint = "The cluster shows no consumer group at all."
    kind = "id" if is_exact(pattern) else "id or pattern"
    return WorkbenchError(f"No consumer group of {where} has the {kind} {visible(pattern, 100)!r}. {hint}")
