"""Looks up the nodes that a cause value names: one hash join for each kind of target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.tracing.graph.arrays import Groups, Ints
from workbench.tracing.graph.columns import EncodedColumn
from workbench.tracing.graph.resolution.declared import CORRELATION_ID, EVENT_ID, POSITION
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags
    from workbench.tracing.graph.nodes import Nodes
    from workbench.tracing.graph.resolution.declared import DeclaredCauses
    from workbench.tracing.graph.rows import Rows

Matches: TypeAlias = tuple[Ints, Ints]
"""Index of the declared cause, and a node that it names; none is named twice by one entry."""

# The two forms that `workbench.text.parse_position` reads; numbers that may not fit 64 bits are no position here.
_POSITION = r"^(?P<topic>[^/]+)/(?P<partition>[0-9]{1,9})[/@](?P<offset>[0-9]{1,18})$"


@dataclass(frozen=True, slots=True)
class NodeIndex:
    """Nodes by the ids under which they can be named."""

    by_id: Groups
    """Nodes by the code of their event id."""
    ids: EncodedColumn
    by_link: Groups
    """Nodes by the code of each of their link ids."""
    id_of_value: Ints
    """For the code of each declared value its code among the ids, -1 for none."""
    link_of_value: Ints
    """The same among the link ids."""

    @classmethod
    def of(cls, rows: Rows, nodes: Nodes, values: pa.Array) -> NodeIndex:
        """Index the nodes, and look the declared values up."""
        named = np.flatnonzero(nodes.event_id >= 0)
        lists = rows.column("link_ids").take(pa.array(nodes.row))
        link_ids = EncodedColumn.of(pc.list_flatten(lists).cast(pa.large_string()))
        owner = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
        pairs = np.unique(np.stack([link_ids.codes, owner])[:, link_ids.codes >= 0], axis=1)
        return cls(
            Groups.of(nodes.event_id[named], len(nodes.ids.dictionary), named),
            nodes.ids,
            Groups.of(pairs[0], len(link_ids.dictionary), pairs[1]),
            nodes.ids.find(values),
            link_ids.find(values),
        )

    def named(self, values: pa.Array) -> Ints:
        """Count the nodes with each value as their event id."""
        code = self.ids.find(values)
        return np.where(code >= 0, np.append(self.by_id.sizes(), 0)[code], 0)


def find_matches(rows: Rows, nodes: Nodes, declared: DeclaredCauses, index: NodeIndex) -> Matches:
    """Find all nodes that each entry names; spans are not looked up here."""
    id_code, link_code = index.id_of_value[declared.value], index.link_of_value[declared.value]
    by_id = (declared.target == EVENT_ID) & (id_code >= 0)
    by_second_id = (declared.target == EVENT_ID) & (id_code < 0) & (link_code >= 0)
    by_link = (declared.target == CORRELATION_ID) & (link_code >= 0)
    found = [
        _expand(index.by_id, id_code, by_id),
        _others(declared, _expand(index.by_link, link_code, by_second_id)),
        _within_correlation(rows, nodes, declared, _others(declared, _expand(index.by_link, link_code, by_link))),
        find_positions(rows, nodes, declared),
    ]
    return np.concatenate([m[0] for m in found]), np.concatenate([m[1] for m in found])


def _expand(groups: Groups, code: Ints, chosen: Flags) -> Matches:
    entries = np.flatnonzero(chosen)
    owner, members = groups.expand(code[entries])
    return entries[owner], members


def _others(declared: DeclaredCauses, matches: Matches) -> Matches:
    apart = declared.node[matches[0]] != matches[1]
    return matches[0][apart], matches[1][apart]


def _within_correlation(rows: Rows, nodes: Nodes, declared: DeclaredCauses, matches: Matches) -> Matches:
    """Prefer nodes of the same correlation, then nodes not later than the event, where there are any."""
    correlation = EncodedColumn.of(rows.column("correlation_id")).codes[nodes.row]
    entry, node = matches
    own = correlation[declared.node[entry]]
    matches = _preferred(entry, node, (own >= 0) & (correlation[node] == own))
    entry, node = matches
    early, late = nodes.time[node], nodes.time[declared.node[entry]]
    return _preferred(entry, node, (early != NO_TIME) & (late != NO_TIME) & (early <= late))


def _preferred(entry: Ints, node: Ints, better: Flags) -> Matches:
    some = np.unique(entry[better])
    keep = better | ~np.isin(entry, some)
    return entry[keep], node[keep]


def find_positions(rows: Rows, nodes: Nodes, declared: DeclaredCauses) -> Matches:
    """Find the nodes of the records that positions name: on the event's own cluster if it is there, else on any."""
    entries = np.flatnonzero(declared.target == POSITION)
    position = pc.extract_regex(declared.texts.dictionary.take(pa.array(declared.value[entries])), _POSITION)
    wanted = pd.DataFrame(
        {
            "entry": entries,
            "topic": rows.topic.find(pc.struct_field(position, "topic")),
            "partition": _whole(position, "partition"),
            "offset": _whole(position, "offset"),
            "cluster": rows.cluster.codes[declared.row[entries]],
        },
    )
    return match_positions(rows, nodes, wanted[wanted["topic"] >= 0])


def match_positions(rows: Rows, nodes: Nodes, wanted: pd.DataFrame) -> Matches:
    """Join (entry, cluster, topic code, partition, offset) with the records."""
    near = np.flatnonzero(np.isin(rows.offset, wanted["offset"].to_numpy()))
    there = pd.DataFrame(
        {
            "topic": rows.topic.codes[near],
            "partition": rows.partition[near],
            "offset": rows.offset[near],
            "node": nodes.of_row[near],
            "there": rows.cluster.codes[near],
        },
    )
    met = wanted.merge(there, on=["topic", "partition", "offset"])
    entry, node = met["entry"].to_numpy(np.int64), met["node"].to_numpy(np.int64)
    entry, node = _preferred(entry, node, (met["cluster"] == met["there"]).to_numpy())
    pairs = np.unique(np.stack([entry, node]), axis=1)
    return pairs[0], pairs[1]


def _whole(position: pa.Array, name: str) -> Ints:
    digits = pc.struct_field(position, name)
    numbers: Ints = digits.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    return numbers


def names_itself(nodes: Nodes, declared: DeclaredCauses, index: NodeIndex) -> Flags:
    """Mark the entries that name their own event."""
    code = index.id_of_value[declared.value]
    named: Flags = (declared.target == EVENT_ID) & (code >= 0) & (code == nodes.event_id[declared.node])
    return named
