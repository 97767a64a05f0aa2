"""Compares the causes that copies of an event declare with those of its canonical record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.graph.resolution.targets import find_positions, names_itself

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Ints
    from workbench.tracing.graph.nodes import Nodes
    from workbench.tracing.graph.resolution.declared import DeclaredCauses
    from workbench.tracing.graph.rows import Rows


def copies_that_disagree(rows: Rows, nodes: Nodes, everything: DeclaredCauses) -> Ints:
    """Find the rows of copies whose set of declared causes is neither empty nor that of the canonical record."""
    copied = np.unique(everything.node[everything.row != nodes.row[everything.node]])
    if not len(copied):
        return copied
    relevant = everything.pick(np.isin(everything.node, copied))
    entry, node = find_positions(rows, nodes, relevant)
    inside = np.zeros(len(relevant), dtype=np.bool_)
    inside[entry[node == relevant.node[entry]]] = True
    inside |= names_itself(nodes, relevant)
    relevant = relevant.pick(~inside)
    stated = np.unique(np.stack([relevant.node, relevant.row, relevant.target, relevant.value]), axis=1)
    node, row, target, value = stated
    of_canonical = row == nodes.row[node]
    declared = np.bincount(node[of_canonical], minlength=len(nodes))
    causes = np.stack([node, target, value])
    _, cause = np.unique(causes, axis=1, return_inverse=True)
    agrees = np.isin(cause.reshape(-1), cause.reshape(-1)[of_canonical])
    copies, own, count = np.unique(row[~of_canonical], return_inverse=True, return_counts=True)
    agreed = np.bincount(own, weights=agrees[~of_canonical], minlength=len(copies))
    differs = (count != agreed) | (count != declared[nodes.of_row[copies]])
    found: Ints = copies[differs]
    return found
