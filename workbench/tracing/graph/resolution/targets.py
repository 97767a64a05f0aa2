"""Looks up the nodes that a cause value names: one hash join for each kind of target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.tracing.graph.arrays import Groups, Ints
from workbench.tracing.graph.resolution.declared import CORRELATION_ID, EVENT_ID, POSITION
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from workbench.buffers.text_numbers import TextNumbers
    from workbench.tracing.graph.arrays import Flags
    from workbench.tracing.graph.nodes import Nodes
    from workbench.tracing.graph.resolution.declared import DeclaredCauses
    from workbench.tracing.graph.rows import Rows

Matches: TypeAlias = tuple[Ints, Ints]
"""Index of the declared cause, and a node that it names; none is named twice by one entry."""

# The two forms that `workbench.text.parse_position` reads; numbers that may not fit 64 bits are no position here.
_POSITION = r"^(?P<topic>[^/]+)/(?P<partition>[0-9]{1,9})[/@](?P<offset>[0-9]{1,18})$"


@dataclass(frozen=True, slots=True)
class IdNumbers:
    """Numbers of the texts under which events can be named: equal texts have equal numbers, null has -1."""

    event_id: Ints
    """For each record; these numbers come first, from 0."""
    value: Ints
    """For each declared cause."""
    link_id: Ints
    link_row: Ints
    """The record of each link id."""
    root_id: Ints | None
    """For each record, None where none has any."""
    count: int
    """How many different texts there are."""

    @classmethod
    def of(cls, rows: Rows, values: pa.Array, event_id: Ints, known: TextNumbers) -> IdNumbers:
        """Number the other ids of records, and the values of declared causes.

        Args:
            rows: The records.
            values: The values.
            event_id: Number of each record's event id.
            known: Has numbered these, and nothing else.
        """
        lists = rows.column("link_ids")
        value, link_id = (known.number(texts)[0] for texts in (values, pc.list_flatten(lists)))
        return cls(
            event_id=event_id,
            value=value,
            link_id=link_id,
            link_row=pc.list_parent_indices(lists).to_numpy(),
            root_id=known.number(rows.raw("root_id"))[0] if rows.has("root_id") else None,
            count=len(known),
        )


@dataclass(frozen=True, slots=True)
class NodeIndex:
    """Nodes by the numbers of the ids under which they can be named."""

    by_id: Groups
    """Nodes by their event id."""
    by_link: Groups | None
    """Nodes by each of their link ids; None where there is none."""

    @classmethod
    def of(cls, nodes: Nodes, ids: IdNumbers) -> NodeIndex:
        """Index the nodes."""
        if nodes.of_id is not None:
            return cls(Groups(np.arange(nodes.ids + 1, dtype=np.int32), nodes.of_id), _by_link(nodes, ids))
        event_id = nodes.event_id(np.arange(len(nodes), dtype=np.int32))
        named = np.flatnonzero(event_id >= 0).astype(np.int32)
        return cls(Groups.of(event_id[named], nodes.ids, named), _by_link(nodes, ids))

    def has_id(self, values: Ints) -> Flags:
        """Mark the values that are the event id of some node."""
        return values < len(self.by_id.starts) - 1

    def has_link(self, values: Ints) -> Flags:
        """Mark the values that are a link id of some node."""
        if self.by_link is None:
            return np.zeros(len(values), dtype=np.bool_)
        return self.by_link.starts[values + 1] > self.by_link.starts[values]


def _by_link(nodes: Nodes, ids: IdNumbers) -> Groups | None:
    """Group nodes by the link ids of their canonical records; each node once under an id."""
    if not len(ids.link_row):
        return None
    owner = nodes.of_row[ids.link_row]
    own = (nodes.row[owner] == ids.link_row) & (ids.link_id >= 0)
    if not own.any():
        return None
    pairs = np.unique(np.stack([ids.link_id[own], owner[own]]), axis=1)
    return Groups.of(pairs[0], ids.count, pairs[1].astype(np.int32, copy=False))


def find_others(rows: Rows, nodes: Nodes, declared: DeclaredCauses, index: NodeIndex) -> Groups | None:
    """Find the nodes that each entry names other than by an event id, None for none; spans are not looked up here."""
    target = declared.target
    found = []
    if index.by_link is not None:
        linked = index.has_link(declared.value)
        by_second_id = (target == EVENT_ID) & ~index.has_id(declared.value) & linked
        by_link = (target == CORRELATION_ID) & linked
        found = [
            _others(declared, _expand(index.by_link, declared.value, by_second_id)),
            _within_correlation(
                rows, nodes, declared, _others(declared, _expand(index.by_link, declared.value, by_link))
            ),
        ]
    if (target == POSITION).any():
        found.append(find_positions(rows, nodes, declared))
    if not found:
        return None
    entry, node = (np.concatenate(side) for side in zip(*found, strict=True))
    return Groups.of(entry, len(declared), node.astype(np.int32, copy=False))


def _expand(groups: Groups, code: Ints, chosen: Flags) -> Matches:
    entries = np.flatnonzero(chosen)
    owner, members = groups.expand(code[entries])
    return entries[owner], members


def _others(declared: DeclaredCauses, matches: Matches) -> Matches:
    apart = declared.node[matches[0]] != matches[1]
    return matches[0][apart], matches[1][apart]


def _within_correlation(rows: Rows, nodes: Nodes, declared: DeclaredCauses, matches: Matches) -> Matches:
    """Prefer nodes of the same correlation, then nodes not later than the event, where there are any."""
    correlation = rows.encoded("correlation_id").codes[nodes.row]
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
    if not len(entries):
        return entries, entries
    position = pc.extract_regex(declared.texts(entries), _POSITION)
    wanted = WantedPositions(
        entry=entries,
        topic=rows.topic.find(pc.struct_field(position, "topic")),
        partition=_whole(position, "partition"),
        offset=_whole(position, "offset"),
        cluster=rows.encoded("cluster").codes[declared.pick(entries).row],
    )
    return match_positions(rows, nodes, wanted)


@dataclass(frozen=True, slots=True)
class WantedPositions:
    """Positions that entries name."""

    entry: Ints
    topic: Ints
    """Code of the topic, -1 for one that no record has."""
    partition: Ints
    offset: Ints
    cluster: Ints
    """Code of the cluster on which a record is preferred."""


def match_positions(rows: Rows, nodes: Nodes, wanted: WantedPositions) -> Matches:
    """Find the records at some positions, and their nodes."""
    near = np.flatnonzero(np.isin(rows.offset, wanted.offset[wanted.topic >= 0]))
    there = np.stack([rows.topic.codes[near], rows.partition[near], rows.offset[near]])
    asked = np.stack([wanted.topic, wanted.partition, wanted.offset])
    _, number = np.unique(np.concatenate([there, asked], axis=1), axis=1, return_inverse=True)
    number = number.reshape(-1)
    entries, place = Groups.of(number[: len(near)], int(number.max(initial=-1)) + 1, near).expand(number[len(near) :])
    entry, node = wanted.entry[entries], nodes.of_row[place]
    entry, node = _preferred(entry, node, wanted.cluster[entries] == rows.encoded("cluster").codes[place])
    pairs = np.unique(np.stack([entry, node]), axis=1)
    return pairs[0], pairs[1]


def _whole(position: pa.Array, name: str) -> Ints:
    digits = pc.struct_field(position, name)
    numbers: Ints = digits.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
    return numbers


def names_itself(nodes: Nodes, declared: DeclaredCauses) -> Flags:
    """Mark the entries that name their own event."""
    named: Flags = (declared.target == EVENT_ID) & (declared.value == nodes.event_id(declared.node))
    return named
