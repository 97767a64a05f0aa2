"""Masks values as the rules say it, over trees: what the compiled rewriting of bytes is compared with.

An object is a list of its members here, because it may have several of one name.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.decoding.formats.framing import REGISTRY_PREFIX_BYTES
from workbench.decoding.formats.json import BYTE_ORDER_MARK, CONNECT_WRAPPER, parse_json
from workbench.decoding.value_tree import NumberText
from workbench.masking.paths import PathSet
from workbench.masking.values import _written

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.config.masking import MaskingRule
    from workbench.masking.actions import Replacer
    from workbench.masking.paths import State

_REMOVED: Any = object()


def masked_tree(rules: Sequence[tuple[MaskingRule, Replacer]], value: bytes) -> Any:
    """Return the tree of a value as it is shown.

    Raises:
        ValueError: Nobody knows its members.
    """
    if value[:1] == b"\x00" and value[REGISTRY_PREFIX_BYTES : REGISTRY_PREFIX_BYTES + 1] == b"{":
        value = value[REGISTRY_PREFIX_BYTES:]
    tree = parsed(value.removeprefix(BYTE_ORDER_MARK))
    if not (isinstance(tree, Pairs) or (isinstance(tree, list) and all(isinstance(item, Pairs) for item in tree))):
        raise ValueError("it has no members")
    return _Walk([(PathSet(rule.paths or rule.allow), bool(rule.allow), one) for rule, one in rules]).tree(tree)


class Pairs(list[tuple[str, Any]]):
    """The members of an object."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pairs) and list(self) == list(other)

    __hash__ = None


def parsed(value: bytes) -> Any:
    """Read JSON exactly.

    Raises:
        ValueError: It is none.
    """
    parse_json(value)
    return json.loads(value.decode(), object_pairs_hook=Pairs, parse_int=NumberText, parse_float=NumberText)


class _Walk:
    def __init__(self, rules: Sequence[tuple[PathSet, bool, Replacer]]) -> None:
        self._rules = rules

    def tree(self, tree: Any) -> Any:
        starts = [paths.start for paths, _, _ in self._rules]
        if not isinstance(tree, Pairs) or {name for name, _ in tree} != CONNECT_WRAPPER:
            return self._node(tree, starts)
        inside = [
            start | paths.step(start, "payload") for (paths, _, _), start in zip(self._rules, starts, strict=True)
        ]
        shows_schema = not any(allows for _, allows, _ in self._rules)
        made = [(name, one if name == "schema" else self._member(one, inside)) for name, one in tree]
        return Pairs(one for one in made if one[1] is not _REMOVED and (shows_schema or one[0] != "schema"))

    def _node(self, node: Any, states: Sequence[State]) -> Any:
        if not isinstance(node, Pairs):
            return [made for item in node if (made := self._member(item, states)) is not _REMOVED]
        made = ((name, self._member(value, self._below(states, name))) for name, value in node)
        return Pairs(one for one in made if one[1] is not _REMOVED)

    def _below(self, states: Sequence[State], name: str) -> list[State]:
        return [
            state if allows and paths.ends(state) else paths.step(state, name)
            for (paths, allows, _), state in zip(self._rules, states, strict=True)
        ]

    def _member(self, value: Any, states: Sequence[State]) -> Any:
        is_leaf = not (isinstance(value, list) and value)
        for (paths, allows, replacer), state in zip(self._rules, states, strict=True):
            if paths.ends(state) != allows and not (allows and state and not is_leaf):
                return _replaced(value, replacer)
        return value if is_leaf else self._node(value, states)


def _replaced(value: Any, replacer: Replacer) -> Any:
    if value is None:
        return _REMOVED if replacer.action == "remove" else None
    plain = value if isinstance(value, str) else _written(_last_ones(value))
    shown = replacer.text(plain.encode("utf-8", "surrogatepass"))
    return _REMOVED if shown is None else shown


def _last_ones(tree: Any) -> Any:
    if isinstance(tree, Pairs):
        return {name: _last_ones(value) for name, value in tree}
    return [_last_ones(item) for item in tree] if isinstance(tree, list) else tree
