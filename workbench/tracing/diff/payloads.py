"""Compares payloads path by path, without what differs from run to run anyway: ids and times."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_ID = re.compile(
    r"[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{16}|[0-9a-fA-F]{32}|[0-9A-HJKMNP-TV-Z]{26}"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d.*)?")
_TIME_NAME = re.compile(r"(^|_|\b)(time|timestamp|ts|date)$|(_at|At|Time|Timestamp|Date)$")
_DEEPEST = 32


@dataclass(eq=False)
class PathChange:
    """How often a path was added, removed or changed, with one example."""

    counts: dict[str, int] = field(default_factory=dict)
    example: tuple[Any, Any] | None = None


def compare_payloads(
    first: bytes | None, second: bytes | None, *, known_ids: Collection[str] = (), ignore: Collection[str] = ()
) -> Iterator[tuple[str, str, Any, Any]]:
    """Yield path, ``added``, ``removed`` or ``changed``, and both values, for each difference that counts.

    Args:
        first: A value; what is no JSON is compared as a whole.
        second: Its counterpart.
        known_ids: Ids of the two events, which differ by nature.
        ignore: Paths to leave out, with all below them.
    """
    trees = [_tree(value) for value in (first, second)]
    yield from _compare((trees[0], trees[1]), "", frozenset(known_ids), frozenset(ignore))


def _tree(value: bytes | None) -> Any:
    if value is None:
        return None
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value.decode("utf-8", "replace")


def _compare(
    pair: tuple[Any, Any], path: str, ids: frozenset[str], ignore: frozenset[str]
) -> Iterator[tuple[str, str, Any, Any]]:
    one, two = pair
    if path in ignore:
        return
    if isinstance(one, dict) and isinstance(two, dict) and path.count(".") < _DEEPEST:
        for name in sorted({*one, *two}):
            inner = f"{path}.{name}" if path else name
            if inner in ignore:
                continue
            if name not in two:
                yield inner, "removed", one[name], None
            elif name not in one:
                yield inner, "added", None, two[name]
            else:
                yield from _compare((one[name], two[name]), inner, ids, ignore)
    elif one != two and not (_varies(one, path, ids) and _varies(two, path, ids)):
        yield path, "changed", one, two


def _varies(value: Any, path: str, ids: frozenset[str]) -> bool:
    """Tell whether a value is an id or a time, which are different in each run."""
    if isinstance(value, str):
        return value in ids or bool(_ID.fullmatch(value) or _TIME.fullmatch(value))
    return isinstance(value, int | float) and bool(_TIME_NAME.search(path.rsplit(".", 1)[-1]))
