"""Idle gaps: the vector of section 13.3."""

from __future__ import annotations

import numpy as np
from order_flow import trace_of_lists

from workbench.tracing.idle_gaps import idle_gaps


def test_the_vector_of_section_13_3():
    limit, gaps = idle_gaps(np.array([0, 10, 20, 5000, 5010]))
    assert (limit, gaps.tolist()) == (250.5, [2])
    assert idle_gaps(np.array([5]))[1].tolist() == []


def test_a_sequence_diagram_writes_them_between_arrows():
    rows = [["e0", 0, [], "k", "T", "s0"]]
    rows += [[f"e{n}", 10 * n + (5_000 if n > 4 else 0), [f"e{n - 1}"], "k", "T", f"s{n % 3}"] for n in range(1, 9)]
    found = trace_of_lists(rows).sequence()
    assert list(found.idle.values()) == [5_010]
    assert "… nothing for 5.01 ms" in repr(found)
    assert "Note over L0: nothing for 5.01 ms" in found.mermaid()
