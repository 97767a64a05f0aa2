"""Compiles the paths of rules to a table: which member leads where, and what is done with a value that stands there."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from workbench.errors import ConfigurationError
from workbench.masking.paths import PathSet
from workbench.text import number_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from workbench.config.masking import MaskingRule
    from workbench.masking.paths import State

    States: TypeAlias = "tuple[State, ...]"

KEEP = -1
"""Stands in the columns of `Program` where a value is shown."""
COPY = 0
"""The node below which everything is shown."""
_OTHER = ""
"""A name that no path can have: it stands for all members that no path names."""
_MOST_NODES = 10_000


@dataclass(frozen=True, slots=True)
class Program:
    """What is done where, for all rules together. A node stands for all places in values where the same is done.

    Attributes:
        names: The names of members that paths have, in UTF-8.
        table: For each node the nodes of its members: of those with a name, and last of all others.
        leaf: For each node the rule that masks a text, number, word, or empty object or array there; or `KEEP`.
        inner: The same for objects and arrays with something in them.
        copies: For each node whether all below it is shown.
        root: The node of a value.
        wrapped: The node of a value in the wrapper of Kafka Connect.
    """

    names: tuple[bytes, ...]
    table: NDArray[np.int32]
    leaf: NDArray[np.int32]
    inner: NDArray[np.int32]
    copies: NDArray[np.uint8]
    root: int
    wrapped: int


def compiled(rules: Sequence[MaskingRule]) -> Program:
    """Compile rules that have paths; the first rule that masks a value says how.

    The number of a rule in the columns is its place here; one behind the last removes the schema of Kafka Connect's
    wrapper, of which no rule allows anything.

    Raises:
        ConfigurationError: The paths can be gone in too many ways together.
    """
    return _Compiler(rules).program()


class _Compiler:
    def __init__(self, rules: Sequence[MaskingRule]) -> None:
        self._paths = [PathSet(rule.paths or rule.allow) for rule in rules]
        self._allows = [bool(rule.allow) for rule in rules]
        named = {name for paths in self._paths for name in paths.names}
        self._names = [*sorted(named | {"schema", "payload"}), _OTHER]
        self._nodes: dict[States, int] = {}
        self._numbers = count(COPY + 1)

    def program(self) -> Program:
        start = tuple(paths.start for paths in self._paths)
        # A path names members of what Kafka Connect wraps, with or without `payload` before them.
        inside = tuple(state | paths.step(state, "payload") for paths, state in zip(self._paths, start, strict=True))
        rows = self._rows([start, inside])
        width = len(self._names)
        removed, wrapped = len(rows) + 1, len(rows) + 2
        schema = removed if any(self._allows) else COPY
        of_wrapper = {"payload": self._nodes[inside], "schema": schema}
        nothing = [COPY] * width
        table = [nothing, *rows, nothing, [of_wrapper.get(name, COPY) for name in self._names]]
        remove = len(self._allows)
        leaf = [KEEP, *(self._action(states, is_leaf=True) for states in self._nodes), remove, KEEP]
        inner = [KEEP, *(self._action(states, is_leaf=False) for states in self._nodes), remove, KEEP]
        return Program(
            tuple(name.encode("utf-8", "surrogatepass") for name in self._names[:-1]),
            np.array(table, np.int32),
            np.array(leaf, np.int32),
            np.array(inner, np.int32),
            np.array([1, *(self._copies(states) for states in self._nodes), 0, 0], np.uint8),
            self._nodes[start],
            wrapped,
        )

    def _rows(self, starts: list[States]) -> list[list[int]]:
        """Number all states that can be reached, and return the nodes of the members of each, in their order."""
        waiting: list[States] = []
        rows: list[list[int]] = []
        for states in starts:
            self._numbered(states, waiting)
        for states in waiting:
            rows.append([self._numbered(self._below(states, name), waiting) for name in self._names])
            if len(rows) > _MOST_NODES:
                raise ConfigurationError(
                    "The paths of the masking rules for one topic can be gone in more than "
                    f"{number_text(_MOST_NODES)} ways together: write fewer * and ** in them."
                )
        return rows

    def _numbered(self, states: States, waiting: list[States]) -> int:
        if states not in self._nodes:
            self._nodes[states] = next(self._numbers)
            waiting.append(states)
        return self._nodes[states]

    def _below(self, states: States, name: str) -> States:
        """Return the states at a member; what is below an allowed member is allowed."""
        return tuple(
            state if allows and paths.ends(state) else paths.step(state, name)
            for paths, allows, state in zip(self._paths, self._allows, states, strict=True)
        )

    def _action(self, states: States, *, is_leaf: bool) -> int:
        """Return the first rule that masks a value here; an object on the way to what is allowed is gone into."""
        for number, (paths, allows, state) in enumerate(zip(self._paths, self._allows, states, strict=True)):
            if paths.ends(state) != allows and not (allows and state and not is_leaf):
                return number
        return KEEP

    def _copies(self, states: States) -> bool:
        """Whether no rule can mask anything below: all of it is allowed, or no path leads on."""
        return all(
            paths.ends(state) if allows else not state
            for paths, allows, state in zip(self._paths, self._allows, states, strict=True)
        )
