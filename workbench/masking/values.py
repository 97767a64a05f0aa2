"""Masks members of values. What cannot be read is masked as a whole: a rule that finds nothing must not show all."""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any

import pyarrow.compute as pc

from workbench.decoding.formats.framing import REGISTRY_PREFIX_BYTES
from workbench.decoding.formats.json import BYTE_ORDER_MARK, CONNECT_WRAPPER, parse_json
from workbench.decoding.value_tree import NumberText
from workbench.masking.paths import ANY, DEEP, PathSet

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from workbench.config.masking import MaskingRule
    from workbench.masking.actions import Replacer
    from workbench.masking.paths import State

UNREADABLE = b'"*** (masked: the value could not be read)"'
"""Stands for a value of which nobody knows the members."""
_REMOVED: Any = object()


class ValueMask:
    """Masks values of one topic by its rules; the first rule that fits a member counts.

    Args:
        rules: The rules that are about values, with what replaces.
    """

    def __init__(self, rules: Sequence[tuple[MaskingRule, Replacer]]) -> None:
        self._whole = next((replacer for rule, replacer in rules if rule.value), None)
        self._rules = [
            (PathSet(rule.paths or rule.allow), bool(rule.allow), replacer)
            for rule, replacer in rules
            if not rule.value
        ]
        names = {name for paths, allows, _ in self._rules for name in ([DEEP] if allows else paths.last_names)}
        self._plain_names = None if names & {ANY, DEEP} or self._whole is not None else names

    def untouched(self, values: pa.Array) -> pa.Array:
        """Return which values surely hold no member that is masked: objects in which no name of a path is written.

        A name may be written with escapes, and a text in another encoding than UTF-8 has zero bytes between its
        letters: values with either are looked into.
        """
        if self._plain_names is None:
            return pc.is_null(values)
        named = "|".join([re.escape(f'"{name}"') for name in sorted(self._plain_names)] + [r"\\", r"\x00"])
        is_object = pc.match_substring_regex(values, r"\A[ \t\r\n]*\{")
        suspect = pc.match_substring_regex(values, named)
        return pc.fill_null(pc.and_(is_object, pc.invert(suspect)), True)

    def masked(self, value: bytes, decoded: str | None) -> tuple[bytes, bool]:
        """Mask a value; returns it, and whether it changed.

        Args:
            value: The bytes.
            decoded: The value as JSON, where another format read it.
        """
        if not value:
            return value, False
        if self._whole is not None:
            shown = self._whole.text(value)
            return (b"null" if shown is None else _written(shown).encode()), True
        try:
            text = _json_text(value) if decoded is None else decoded
            tree = parse_json(text)
            if not _has_members(tree):
                return UNREADABLE, True
            walk = _Walk(self._rules)
            made = walk.tree(tree)
            if decoded is None and not walk.hits and not _repeats_members(text):
                return value, False
            return _written(made).encode(), True
        except (ValueError, RecursionError):
            return UNREADABLE, True


class _Walk:
    """One pass over a value: a member is shown if no rule masks it, and the first rule that does says how."""

    def __init__(self, rules: Sequence[tuple[PathSet, bool, Replacer]]) -> None:
        self.hits = 0
        self._rules = rules

    def tree(self, tree: Any) -> Any:
        """Return the value with its members masked."""
        starts = [paths.start for paths, _, _ in self._rules]
        if not isinstance(tree, dict) or tree.keys() != CONNECT_WRAPPER:
            return self._node(tree, starts)
        # Kafka Connect wraps values; a path names members of what is wrapped, with or without `payload` before them.
        inside = [
            start | paths.step(start, "payload") for (paths, _, _), start in zip(self._rules, starts, strict=True)
        ]
        payload = self._member(tree["payload"], inside)
        kept = {} if any(allows for _, allows, _ in self._rules) else {"schema": tree["schema"]}
        return kept if payload is _REMOVED else {**kept, "payload": payload}

    def _node(self, node: Any, states: Sequence[State]) -> Any:
        if isinstance(node, list):
            # Arrays are passed through: a path names members, whether there is one or a list of them.
            return [made for item in node if (made := self._member(item, states)) is not _REMOVED]
        made = {}
        for name, value in node.items():
            found = self._member(value, self._below(states, name))
            if found is not _REMOVED:
                made[name] = found
        return made

    def _below(self, states: Sequence[State], name: str) -> list[State]:
        """Return the states at a member; what is below an allowed member is allowed."""
        return [
            state if allows and paths.ends(state) else paths.step(state, name)
            for (paths, allows, _), state in zip(self._rules, states, strict=True)
        ]

    def _member(self, value: Any, states: Sequence[State]) -> Any:
        is_leaf = not (isinstance(value, dict | list) and value)
        for (paths, allows, replacer), state in zip(self._rules, states, strict=True):
            if paths.ends(state) != allows and not (allows and state and not is_leaf):
                self.hits += 1
                return _replaced(value, replacer)
        # Below a member that no path leads through nothing can be found.
        return value if is_leaf or not any(states) else self._node(value, states)


def _json_text(value: bytes) -> str:
    # A prefix of a registry before JSON is left out: its id names a schema that a masked value need not fit.
    if value[:1] == b"\x00" and value[REGISTRY_PREFIX_BYTES : REGISTRY_PREFIX_BYTES + 1] == b"{":
        value = value[REGISTRY_PREFIX_BYTES:]
    return value.removeprefix(BYTE_ORDER_MARK).decode()


def _repeats_members(text: str) -> bool:
    """Whether an object has two members of one name: the tree has the last one only, the text still shows the other."""
    found = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal found
        found = found or len({name for name, _ in pairs}) < len(pairs)

    json.loads(text, object_pairs_hook=look)
    return found


def _has_members(tree: Any) -> bool:
    """Whether it is an object, or a list of objects: a bare text or number has no member that a path could name."""
    if isinstance(tree, list):
        return all(isinstance(item, dict) for item in tree)
    return isinstance(tree, dict)


def _replaced(value: Any, replacer: Replacer) -> Any:
    if value is None:
        return None
    plain = value if isinstance(value, str) else _written(value)
    shown = replacer.text(plain.encode("utf-8", "surrogatepass"))
    return _REMOVED if shown is None else shown


def _written(tree: Any) -> str:
    """Write a tree as JSON, numbers as they were written."""
    if isinstance(tree, NumberText):
        return str(tree)
    if isinstance(tree, str):
        return encode_basestring_ascii(tree)
    if isinstance(tree, dict):
        return (
            "{" + ",".join(f"{encode_basestring_ascii(name)}:{_written(value)}" for name, value in tree.items()) + "}"
        )
    if isinstance(tree, list):
        return "[" + ",".join(map(_written, tree)) + "]"
    return "null" if tree is None else "true" if tree is True else "false" if tree is False else str(tree)
