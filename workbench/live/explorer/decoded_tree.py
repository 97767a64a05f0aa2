"""Reads a value as a tree of members; numbers keep the digits that were written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.model.explorer import TextSection, TreeNode, TreeSection
from workbench.text import counted, size_text, visible, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_NODES = 5_000
_TEXT = 4_000
_BODY = 200_000


class _Members(list[tuple[str, Any]]):
    """The members of an object in their order, one by one even where names repeat."""


class _Number(str):
    """A number as it is written."""

    __slots__ = ()


def value_section(value: bytes | None, decoded: str | None) -> TreeSection | TextSection:
    """Show a value: as a tree where it is JSON or was read as such, else as text.

    Args:
        value: The bytes.
        decoded: What a format other than JSON was read to, as JSON.
    """
    if value is None:
        return TextSection("Value", "null (a tombstone)")
    text = decoded if decoded is not None else _json_text(value)
    if text is not None:
        try:
            whole = json.loads(
                text, object_pairs_hook=_Members, parse_int=_Number, parse_float=_Number, parse_constant=_Number
            )
            nodes, cut = _listed(whole)
        except (ValueError, RecursionError):
            pass
        else:
            note = f"the first {counted(MOST_NODES, 'member')} are shown" if cut else ""
            return TreeSection(f"Value, {size_text(len(value))}", nodes, note)
    return TextSection(f"Value, {size_text(len(value))}", "\n".join(_lines(value)))


def _json_text(value: bytes) -> str | None:
    if value.lstrip()[:1] not in (b"{", b"["):
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def _lines(value: bytes) -> Iterator[str]:
    try:
        text = value[:_BODY].decode()
    except UnicodeDecodeError:
        yield visible_bytes(value, _BODY)
        return
    yield from (visible(line, None) for line in text.split("\n"))


def _listed(whole: Any) -> tuple[tuple[TreeNode, ...], bool]:
    nodes: list[TreeNode] = []
    # A stack of our own: a value may be nested deeper than Python calls functions.
    waiting = [(0, "", whole)]
    while waiting and len(nodes) < MOST_NODES:
        depth, name, value = waiting.pop()
        nodes.append(_node(depth, visible(name, _TEXT), value))
        if isinstance(value, _Members):
            waiting += [(depth + 1, member, one) for member, one in reversed(value)]
        elif isinstance(value, list):
            waiting += [(depth + 1, f"[{number}]", value[number]) for number in reversed(range(len(value)))]
    return tuple(nodes), bool(waiting)


def _node(depth: int, name: str, value: Any) -> TreeNode:
    if isinstance(value, _Members):
        return TreeNode(depth, name, f"{{{counted(len(value), 'member')}}}", "object")
    if isinstance(value, list):
        return TreeNode(depth, name, f"[{counted(len(value), 'element')}]", "array")
    if isinstance(value, _Number):
        return TreeNode(depth, name, visible(str(value), _TEXT), "number")
    if isinstance(value, str):
        return TreeNode(depth, name, visible(value, _TEXT), "text")
    return TreeNode(depth, name, {True: "true", False: "false", None: "null"}[value], "word")
