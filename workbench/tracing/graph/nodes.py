"""Groups records into logical events: node keys, canonical records and kinds of copies (`docs/tracing.md` 2.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.causation import CopyKind
from workbench.tracing.graph.columns import EncodedColumn, flags, text_rank
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.rows import Rows

COPY_KINDS: tuple[str, ...] = get_args(CopyKind)
"""In the order in which they are tried."""

_COLLISION = COPY_KINDS.index("collision")
_CANONICAL = -1
_SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class Nodes:
    """Logical events, numbered in the order (t, id); records without a time come first."""

    key: pa.LargeStringArray
    row: Ints
    """Canonical record of each node."""
    time: Ints
    of_row: Ints
    """Node of each record."""
    copy_kind: Ints
    """For each record the index into `COPY_KINDS`, -1 for a canonical one. A collision is a node of its own."""
    event_id: Ints
    """Code of each node's event id, -1 without one."""
    ids: EncodedColumn
    """The event ids of all records."""

    def __len__(self) -> int:
        return len(self.row)


def find_nodes(rows: Rows) -> Nodes:
    """Group records into nodes, choose the canonical record of each, and name the others' kind."""
    ids = EncodedColumn.of(rows.column("event_id"))
    group, keys = _groups(rows, ids)
    canonical, ranked = _canonical(rows, group)
    kind = np.full(len(rows), _CANONICAL, dtype=np.int64)
    copies = ranked[canonical[group[ranked]] != ranked]
    kind[copies] = _copy_kinds(rows, copies, canonical[group[copies]])
    own = np.flatnonzero(kind == _COLLISION)
    group = group.copy()
    group[own] = len(canonical) + np.arange(len(own))
    canonical = np.concatenate([canonical, own])
    return _numbered(rows, group, canonical, kind, _node_keys(rows, canonical, kind, keys), ids=ids)


def _groups(rows: Rows, ids: EncodedColumn) -> tuple[Ints, pa.LargeStringArray]:
    """Number of each record's group, and the texts of the keys; groups beyond the texts have no event id."""
    encoded = ids
    scoped = pc.equal(rows.column("id_scope"), "source").fill_null(False)
    if scoped.true_count:
        source, plain = rows.column("source").fill_null(""), rows.column("event_id")
        joined = pc.binary_join_element_wise(source, plain, pa.scalar(_SEPARATOR, pa.large_string()))
        encoded = EncodedColumn.of(pc.if_else(scoped, joined, plain))
    nameless = encoded.codes < 0
    group = encoded.codes.copy()
    group[nameless] = len(encoded.dictionary) + np.arange(int(nameless.sum()))
    return group, encoded.dictionary


def _canonical(rows: Rows, group: Ints) -> tuple[Ints, Ints]:
    """Canonical row of each group, and all rows of groups with several."""
    sizes = np.bincount(group)
    canonical = np.empty(len(sizes), dtype=np.int64)
    canonical[group] = np.arange(len(group))
    several = np.flatnonzero(sizes[group] > 1)
    time = np.where(rows.time == NO_TIME, np.iinfo(np.int64).max, rows.time)
    copy_class = np.where(rows.replayed, 2, rows.dead_letter)
    topic_rank = text_rank(rows.topic.dictionary)[rows.topic.codes]
    # Copies carry the same event time, so the record's own time tells which came first; only then the name decides.
    record_time = np.where(rows.record_time == NO_TIME, np.iinfo(np.int64).max, rows.record_time)
    keys = (rows.source_id, rows.offset, rows.partition, topic_rank, record_time, time, copy_class, group)
    ranked = several[np.lexsort([column[several] for column in keys])]
    canonical[group[ranked[::-1]]] = ranked[::-1]
    return canonical, ranked


def _copy_kinds(rows: Rows, copy: Ints, canonical: Ints) -> Ints:
    destination = EncodedColumn.of(rows.column("destination")).codes
    to, canonical_to = destination[copy], destination[canonical]
    marked = [
        rows.replayed[copy],
        rows.dead_letter[copy],
        (to >= 0) & (canonical_to >= 0) & (to != canonical_to),
    ]
    open_ = ~np.logical_or.reduce(marked)
    marked += [
        _collides(rows, copy, canonical, open_),
        (rows.topic.codes[copy] != rows.topic.codes[canonical])
        | (rows.cluster.codes[copy] != rows.cluster.codes[canonical]),
        rows.partition[copy] != rows.partition[canonical],
    ]
    return np.select(marked, list(range(len(marked))), default=len(marked)).astype(np.int64)


def _collides(rows: Rows, copy: Ints, canonical: Ints, candidates: Flags) -> Flags:
    result = np.zeros(len(copy), dtype=np.bool_)
    if "value" not in rows.table.column_names or not candidates.any():
        return result
    values = rows.table.column("value")
    one, other = (values.take(pa.array(side[candidates])) for side in (copy, canonical))
    same = pc.if_else(pc.and_(pc.is_null(one), pc.is_null(other)), True, pc.equal(one, other))
    differing = np.flatnonzero(~flags(same))
    places = np.flatnonzero(candidates)
    for i in differing.tolist():
        result[places[i]] = not _same_json(one[i].as_py(), other[i].as_py())
    return result


def _same_json(one: bytes | None, other: bytes | None) -> bool:
    if one is None or other is None:
        return False
    try:
        return bool(_comparable(one) == _comparable(other))
    except (ValueError, RecursionError, InvalidOperation):
        return False


def _comparable(text: bytes) -> Any:
    """Parse JSON so that equality is JSON's: numbers by value, apart from true and false, members in any order."""
    return json.loads(
        text.decode("utf-8"),
        parse_int=_number,
        parse_float=_number,
        object_pairs_hook=lambda pairs: ("object", sorted(pairs, key=lambda pair: pair[0])),
    )


def _number(digits: str) -> tuple[str, Decimal]:
    return ("number", Decimal(digits))


def _numbered(
    rows: Rows, group: Ints, canonical: Ints, kind: Ints, key: pa.LargeStringArray, *, ids: EncodedColumn
) -> Nodes:
    time = rows.time[canonical]
    order = pc.sort_indices(
        pa.table({"time": time, "key": key}),
        sort_keys=[("time", "ascending"), ("key", "ascending")],
    ).to_numpy()
    order = order.astype(np.int64)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    row = canonical[order]
    return Nodes(key.take(pa.array(order)), row, time[order], number[group], kind, ids.codes[row], ids)


def _node_keys(rows: Rows, canonical: Ints, kind: Ints, keys: pa.LargeStringArray) -> pa.LargeStringArray:
    """Keys of named groups, then ``@position`` of the nameless, then ``key@position`` of collisions, all distinct."""
    by_position = canonical[len(keys) :]
    if not len(by_position):
        return keys
    ids, at = rows.column("event_id").take(pa.array(by_position)), pa.scalar("@", pa.large_string())
    colliding = pa.array(kind[by_position] == _COLLISION)
    prefix = pc.if_else(colliding, ids, pa.scalar("", pa.large_string()))
    own = pc.binary_join_element_wise(prefix, rows.stored_positions(by_position), at)
    sources = pa.array(rows.source_id[by_position]).cast(pa.large_string())
    suffixed = pc.binary_join_element_wise(own, sources, pa.scalar("#", pa.large_string()))
    while (taken := _taken(own, keys)).true_count:
        own = pc.if_else(taken, suffixed, own)
        suffixed = pc.binary_join_element_wise(suffixed, sources, pa.scalar("#", pa.large_string()))
    return pa.concat_arrays([keys, own])


def _taken(own: pa.LargeStringArray, keys: pa.LargeStringArray) -> pa.BooleanArray:
    """Mark what equals a key or another of its own kind: the same topic name on two clusters, or a hostile id."""
    encoded = EncodedColumn.of(own)
    repeated = np.bincount(encoded.codes)[encoded.codes] > 1
    return pc.or_(pc.is_in(own, value_set=keys), pa.array(repeated))
