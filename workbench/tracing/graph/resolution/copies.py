"""Compares the causes that copies of an event declare with those of its canonical record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from workbench.tracing.graph.resolution.targets import NodeIndex, find_positions, names_itself

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Ints
    from workbench.tracing.graph.nodes import Nodes
    from workbench.tracing.graph.resolution.declared import DeclaredCauses
    from workbench.tracing.graph.rows import Rows


def copies_that_disagree(rows: Rows, nodes: Nodes, everything: DeclaredCauses, index: NodeIndex) -> Ints:
    """Find the rows of copies whose set of declared causes is neither empty nor that of the canonical record."""
    copied = np.unique(everything.node[everything.row != nodes.row[everything.node]])
    if not len(copied):
        return copied
    relevant = everything.pick(np.isin(everything.node, copied))
    entry, node = find_positions(rows, nodes, relevant)
    inside = np.zeros(len(relevant), dtype=np.bool_)
    inside[entry[node == relevant.node[entry]]] = True
    inside |= names_itself(nodes, relevant, index)
    relevant = relevant.pick(~inside)
    stated = pd.DataFrame(
        {
            "node": relevant.node,
            "row": relevant.row,
            "target": relevant.target,
            "value": relevant.value,
        },
    ).drop_duplicates()
    of_canonical = stated["row"].to_numpy() == nodes.row[stated["node"].to_numpy()]
    own, canonical = stated[~of_canonical], stated[of_canonical]
    agreed = own.merge(canonical[["node", "target", "value"]], on=["node", "target", "value"])
    counts = own.groupby(["row", "node"]).size().rename("declared").reset_index()
    counts["agreed"] = counts["row"].map(agreed.groupby("row").size()).fillna(0)
    counts["of_canonical"] = counts["node"].map(canonical.groupby("node").size()).fillna(0)
    differs = (counts["declared"] != counts["agreed"]) | (counts["declared"] != counts["of_canonical"])
    found: Ints = counts.loc[differs, "row"].to_numpy(np.int64)
    return found
