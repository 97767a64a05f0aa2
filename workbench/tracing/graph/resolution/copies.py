"""Compares the causes that copies of an event declare with those of its canonical record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.graph.arrays import different, row_numbers
from workbench.tracing.graph.resolution.targets import find_positions, names_itself

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Ints
    from workbench.tracing.graph.nodes import Nodes
    from workbench.tracing.graph.resolution.declared import DeclaredCauses
    from workbench.tracing.graph.rows import Rows


def copies_that_disagree(rows: Rows, nodes: Nodes, declared: DeclaredCauses) -> Ints:
    """Find the rows of copies whose set of declared causes is neither empty nor that of the canonical record."""
    copies = nodes.copies
    if not len(copies):
        return copies
    stated = declared.stated
    entry = stated.entries_of(np.union1d(copies, nodes.row[nodes.of_row[copies]]))
    relevant = replace(declared, entry=entry, node=entry)
    relevant = replace(relevant, node=nodes.of_row[relevant.row])
    relevant = relevant.pick(relevant.value >= 0)
    entry, node = find_positions(rows, nodes, relevant)
    inside = np.zeros(len(relevant), dtype=np.bool_)
    inside[entry[node == relevant.node[entry]]] = True
    inside |= names_itself(nodes, relevant)
    relevant = relevant.pick(~inside)
    node, row, target, value = different(relevant.node, relevant.row, relevant.target, relevant.value)
    of_canonical = row == nodes.row[node]
    cause = row_numbers(node, target, value)
    agrees = np.isin(cause, cause[of_canonical])
    copies, own, count = np.unique(row[~of_canonical], return_inverse=True, return_counts=True)
    agreed = np.bincount(own, weights=agrees[~of_canonical], minlength=len(copies))
    own_causes = _times(node[of_canonical], nodes.of_row[copies])
    differs = (count != agreed) | (count != own_causes)
    found: Ints = copies[differs]
    return found


def _times(among: Ints, asked: Ints) -> Ints:
    """Count how often each of those asked for is among some numbers."""
    ordered = np.sort(among)
    return np.searchsorted(ordered, asked, "right") - np.searchsorted(ordered, asked, "left")
