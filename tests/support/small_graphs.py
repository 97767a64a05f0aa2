"""Small random graphs as lists of edges, and what reaches what in them by definition."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.tracing.graph.arrays import Ints

Edges: TypeAlias = list[tuple[int, int]]


def ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)


graphs = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda e: e[0] != e[1]), unique=True),
    ),
)


def naive_reach(edges: Edges, start: int) -> set[int]:
    seen: set[int] = set()
    stack = [start]
    while stack:
        node = stack.pop()
        for c, e in edges:
            if c == node and e not in seen:
                seen.add(e)
                stack.append(e)
    return seen


def columns(edges: Edges) -> tuple[Ints, Ints]:
    return ints([c for c, _ in edges]), ints([e for _, e in edges])


def arrays_of(rows: Iterable[tuple[int, ...]], width: int) -> list[Ints]:
    """Return the columns of rows of whole numbers."""
    given = list(rows)
    return [ints(row[side] for row in given) for side in range(width)]
