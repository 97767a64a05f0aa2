"""Groups records into logical events: node keys, canonical records and kinds of copies (`docs/tracing.md` 2.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.text_order import order_by_number_and_text
from workbench.buffers.texts import number_texts
from workbench.model.causation import CopyKind
from workbench.tracing.graph.columns import EncodedColumn, flags, text_rank
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Codes, Flags, Ints
    from workbench.tracing.graph.rows import Rows

COPY_KINDS: tuple[str, ...] = get_args(CopyKind)
"""In the order in which they are tried."""

_COLLISION = COPY_KINDS.index("collision")
_CANONICAL = -1
ID_SEPARATOR = "\x1f"
"""Between the source and the id of an event whose ids are unique within their source."""


@dataclass(frozen=True, slots=True)
class Keys:
    """Texts that name events, read when somebody asks: they are mostly the event ids of the records themselves."""

    texts: pa.Array
    rows: Ints
    """Row of ``texts`` for each event."""
    of_records: bool = True
    """Whether each record of an event has its text in ``texts``."""

    def take(self) -> pa.Array:
        """Return the texts."""
        return self.texts.take(pa.array(self.rows))

    def pick(self, chosen: Ints) -> Keys:
        """Keep some, in the order given."""
        return Keys(self.texts, self.rows[chosen], self.of_records)


@dataclass(frozen=True, slots=True)
class Nodes:
    """Logical events, numbered in the order (t, id); records without a time come first."""

    key: Keys
    row: Ints
    """Canonical record of each node."""
    time: Ints
    of_row: Ints
    """Node of each record."""
    copy_kind: Codes
    """For each record the index into `COPY_KINDS`, -1 for a canonical one. A collision is a node of its own."""
    event_id: Ints
    """Number of each node's event id, -1 without one."""
    ids: int
    """How many different event ids there are; their numbers begin at 0."""

    def __len__(self) -> int:
        return len(self.row)

    @property
    def copies(self) -> Ints:
        """Rows of the records that are not canonical."""
        return np.flatnonzero(self.copy_kind >= 0)


def find_nodes(rows: Rows, ids: Ints, first: Ints) -> Nodes:
    """Group records into nodes, choose the canonical record of each, and name the others' kind.

    Args:
        rows: The records.
        ids: Number of the event id of each, -1 without one.
        first: First row of each id.
    """
    group, keys = _groups(rows, ids, first)
    canonical, ranked = _canonical(rows, group, keys)
    kind = np.full(len(rows), _CANONICAL, dtype=np.int8)
    if len(ranked):
        copies = ranked[canonical[group[ranked]] != ranked]
        kind[copies] = _copy_kinds(rows, copies, canonical[group[copies]])
        own = np.flatnonzero(kind == _COLLISION)
        group[own] = len(canonical) + np.arange(len(own))
        canonical = np.concatenate([canonical, own])
    named = _node_keys(rows, canonical, kind, keys)
    time = rows.time[canonical]
    order = order_by_number_and_text(time, named.texts, named.rows)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    row = canonical[order]
    return Nodes(named.pick(order), row, time[order], number[group], kind, ids[row], len(first))


def _groups(rows: Rows, ids: Ints, first: Ints) -> tuple[Ints, Keys]:
    """Number of each record's group, and the texts of the keys; groups beyond the texts have no event id."""
    texts, group = rows.column("event_id"), ids
    scope = rows.raw("id_scope")
    scoped = pc.equal(scope, "source").fill_null(False) if scope.null_count < len(scope) else None
    if scoped is not None and scoped.true_count:
        source = rows.column("source").fill_null("")
        joined = pc.binary_join_element_wise(source, texts, pa.scalar(ID_SEPARATOR, pa.large_string()))
        texts = pc.if_else(scoped, joined, texts)
        (group,), first = number_texts([texts])
    nameless = group < 0
    count = int(np.count_nonzero(nameless))
    if not count:
        return group.copy(), Keys(texts, first)
    return np.where(nameless, len(first) + np.cumsum(nameless) - 1, group), Keys(texts, first)


def _canonical(rows: Rows, group: Ints, keys: Keys) -> tuple[Ints, Ints]:
    """Canonical row of each group, and all rows of groups with several."""
    nameless = group >= len(keys.rows)
    canonical = np.concatenate([keys.rows, np.flatnonzero(nameless)])
    if len(canonical) == len(group):
        return canonical, np.zeros(0, dtype=np.int64)
    sizes = np.bincount(group)
    several = np.flatnonzero(sizes[group] > 1)
    time = np.where(rows.time == NO_TIME, np.iinfo(np.int64).max, rows.time)
    copy_class = np.where(rows.replayed, 2, rows.dead_letter)
    topic_rank = np.append(text_rank(rows.topic.dictionary), 0)[rows.topic.codes]
    # Copies carry the same event time, so the record's own time tells which came first; only then the name decides.
    record_time = np.where(rows.record_time == NO_TIME, np.iinfo(np.int64).max, rows.record_time)
    order = (rows.source_id, rows.offset, rows.partition, topic_rank, record_time, time, copy_class, group)
    ranked = several[np.lexsort([column[several] for column in order])]
    canonical[group[ranked[::-1]]] = ranked[::-1]
    return canonical, ranked


def _copy_kinds(rows: Rows, copy: Ints, canonical: Ints) -> Codes:
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
    return np.select(marked, list(range(len(marked))), default=len(marked)).astype(np.int8)


def _collides(rows: Rows, copy: Ints, canonical: Ints, candidates: Flags) -> Flags:
    result = np.zeros(len(copy), dtype=np.bool_)
    if "value" not in rows.names or not candidates.any():
        return result
    values = rows.table.column("value")
    one, other = (values.take(pa.array(side[candidates])).cast(pa.large_binary()) for side in (copy, canonical))
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


def _node_keys(rows: Rows, canonical: Ints, kind: Codes, keys: Keys) -> Keys:
    """Keys of named groups, then ``@position`` of the nameless, then ``key@position`` of collisions, all distinct."""
    by_position = canonical[len(keys.rows) :]
    if not len(by_position):
        return keys
    named = keys.take()
    ids, at = rows.column("event_id").take(pa.array(by_position)), pa.scalar("@", pa.large_string())
    colliding = pa.array(kind[by_position] == _COLLISION)
    prefix = pc.if_else(colliding, ids, pa.scalar("", pa.large_string()))
    own = pc.binary_join_element_wise(prefix, rows.stored_positions(by_position), at)
    sources = pa.array(rows.source_id[by_position]).cast(pa.large_string())
    suffixed = pc.binary_join_element_wise(own, sources, pa.scalar("#", pa.large_string()))
    while (taken := _taken(own, named)).true_count:
        own = pc.if_else(taken, suffixed, own)
        suffixed = pc.binary_join_element_wise(suffixed, sources, pa.scalar("#", pa.large_string()))
    return Keys(pa.concat_arrays([named, own]), np.arange(len(canonical)), of_records=False)


def _taken(own: pa.Array, keys: pa.Array) -> pa.BooleanArray:
    """Mark what equals a key or another of its own kind: the same topic name on two clusters, or a hostile id."""
    (_, codes), _ = number_texts([keys, own])
    return pa.array((codes < len(keys)) | (np.bincount(codes)[codes] > 1))
