"""Small random graphs as lists of edges, and what reaches what in them by definition."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st


def ints(values):
    return np.array(values, dtype=np.int64)


graphs = st.integers(1, 12).flatmap(
    lambda n: st.tuples(
        st.just(n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda e: e[0] != e[1]), unique=True),
    ),
)


def naive_reach(edges, start):
    seen, stack = set(), [start]
    while stack:
        node = stack.pop()
        for c, e in edges:
            if c == node and e not in seen:
                seen.add(e)
                stack.append(e)
    return seen


def columns(edges):
    return ints([c for c, _ in edges]), ints([e for _, e in edges])
