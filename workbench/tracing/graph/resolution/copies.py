"""Compares the causes that copies of an event declare with those of its canonical record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

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
    columns = (relevant.node, relevant.row, relevant.target, relevant.value)
    node, row, target, value = np.unique(np.stack(columns), axis=1)
    of_canonical = row == nodes.row[node]
    own_causes = np.bincount(node[of_canonical], minlength=len(nodes))
    causes = np.stack([node, target, value])
    _, cause = np.unique(causes, axis=1, return_inverse=True)
    agrees = np.isin(cause.reshape(-1), cause.reshape(-1)[of_canonical])
    copies, own, count = np.unique(row[~of_canonical], return_inverse=True, return_counts=True)
    agreed = np.bincount(own, weights=agrees[~of_canonical], minlength=len(copies))
    differs = (count != agreed) | (count != own_causes[nodes.of_row[copies]])
    found: Ints = copies[differs]
    return found
