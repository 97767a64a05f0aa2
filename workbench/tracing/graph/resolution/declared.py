"""Lists the causes that records declare: one entry for each value, and the outcomes that an entry can have."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.tracing.graph.columns import EncodedColumn

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.nodes import Nodes
    from workbench.tracing.graph.rows import Rows

TARGETS = ("event_id", "correlation_id", "position", "span")
EVENT_ID, CORRELATION_ID, POSITION, SPAN = range(4)

OUTCOMES = ("edge", "ambiguous", "copy", "unresolved", "command", "same_node", "self", "other_rank", "repeated")
"""Outcomes of a declared cause; each has exactly one.

``self`` names the event itself, ``same_node`` another record of it, ``other_rank`` stands in a rank that was not used,
``repeated`` names the same cause as another entry of the event.
"""


@dataclass(frozen=True, slots=True)
class DeclaredCauses:
    """Entries of the ``causes`` of some records."""

    row: Ints
    node: Ints
    target: Ints
    """Index into `TARGETS`; -1 for an unknown target."""
    value: Ints
    """Code of the value."""
    rank: Ints
    via: Ints
    texts: EncodedColumn
    """Texts of the values (codes of all entries of the graph)."""
    vias: EncodedColumn

    def __len__(self) -> int:
        return len(self.row)

    def pick(self, chosen: Flags) -> DeclaredCauses:
        """Keep some of the entries."""
        return replace(
            self,
            row=self.row[chosen],
            node=self.node[chosen],
            target=self.target[chosen],
            value=self.value[chosen],
            rank=self.rank[chosen],
            via=self.via[chosen],
        )

    def repeated(self) -> Flags:
        """Mark entries that name the same value as an entry of their event at the same or a lower rank."""
        result = np.zeros(len(self), dtype=np.bool_)
        several = np.flatnonzero(np.bincount(self.node)[self.node] > 1) if len(self) else np.zeros(0, dtype=np.int64)
        keys = (self.rank, self.value, self.target, self.node)
        ordered = several[np.lexsort([column[several] for column in keys])]
        same = np.logical_and.reduce([column[ordered][1:] == column[ordered][:-1] for column in keys[1:]])
        result[ordered[1:][same]] = True
        return result


def read_declared(rows: Rows, nodes: Nodes) -> DeclaredCauses:
    """List the declared causes of all records; entries without a value declare nothing."""
    causes = rows.column("causes")
    row = pc.list_parent_indices(causes).to_numpy().astype(np.int64)
    entries = pc.list_flatten(causes)
    value = EncodedColumn.of(pc.struct_field(entries, "value").cast(pa.large_string()))
    via = EncodedColumn.of(pc.struct_field(entries, "via").cast(pa.large_string()))
    target = EncodedColumn(np.zeros(0, dtype=np.int64), pa.array(TARGETS, pa.large_string()))
    rank = pc.struct_field(entries, "rank").cast(pa.int64()).fill_null(0)
    declared = DeclaredCauses(
        row=row,
        node=nodes.of_row[row],
        target=target.find(pc.struct_field(entries, "target").cast(pa.large_string())),
        value=value.codes,
        rank=rank.to_numpy(zero_copy_only=False),
        via=via.codes,
        texts=value,
        vias=via,
    )
    return declared.pick(value.codes >= 0)
