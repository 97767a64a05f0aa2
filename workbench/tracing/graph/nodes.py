"""Groups records into logical events: node keys, canonical records and kinds of copies (`docs/tracing.md` 2.1)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.text_numbers import TextNumbers
from workbench.buffers.text_order import order_by_number_and_text
from workbench.model.causation import CopyKind
from workbench.tracing.graph.columns import EncodedColumn, flags, text_rank
from workbench.tracing.graph.gathering import inverted, taken
from workbench.tracing.graph.tallies import of_several
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Codes, Flags, Ints
    from workbench.tracing.graph.rows import Rows

COPY_KINDS: tuple[str, ...] = get_args(CopyKind)
"""In the order in which they are tried."""

_COLLISION = COPY_KINDS.index("collision")
_CANONICAL = -1
_LOOKED_AT = 1 << 20
"""Bytes that are looked at in one go."""
ID_SEPARATOR = "\x1f"
"""Between the source and the id of an event whose ids are unique within their source."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The texts that name events, by their records; made when somebody asks: most are ids that the records hold."""

    texts: pa.Array
    """For each record; those that have a key of their own instead are among ``own_rows``."""
    own: pa.Array
    own_rows: Ints
    """The record of each of ``own``, ascending."""

    def take(self, rows: pa.Array) -> pa.Array:
        """Return the keys of the events of some records, null for null."""
        texts = self.texts.take(rows).cast(pa.large_string())
        if not len(self.own_rows):
            return texts
        numbers = rows.fill_null(-1).to_numpy()
        place = np.minimum(np.searchsorted(self.own_rows, numbers), len(self.own_rows) - 1)
        own = self.own_rows[place] == numbers
        return pc.replace_with_mask(texts, pa.array(own), self.own.take(pa.array(place[own])))


@dataclass(frozen=True, slots=True)
class Nodes:
    """Logical events, numbered in the order (t, id); records without a time come first."""

    keys: Keys
    row: Ints
    """Canonical record of each node."""
    time: Ints
    of_row: Ints
    """Node of each record."""
    copy_kind: Codes
    """For each record the index into `COPY_KINDS`, -1 for a canonical one. A collision is a node of its own."""
    id_of_row: Ints
    """Number of each record's event id, -1 without one."""
    ids: int
    """How many different event ids there are; their numbers begin at 0."""
    of_id: Ints | None
    """The node of each event id; None where an id can have several."""

    def __len__(self) -> int:
        return len(self.row)

    @property
    def copies(self) -> Ints:
        """Rows of the records that are not canonical."""
        return np.flatnonzero(self.copy_kind >= 0)

    def event_id(self, nodes: Ints) -> Ints:
        """Return the numbers of the event ids of some nodes, -1 without one."""
        return self.id_of_row[self.row[nodes]]


def find_nodes(rows: Rows, ids: Ints, first: Ints) -> Nodes:
    """Group records into nodes, choose the canonical record of each, and name the others' kind.

    Args:
        rows: The records.
        ids: Number of the event id of each, -1 without one.
        first: First row of each id.
    """
    texts, group, named, scoped = _groups(rows, ids, first)
    canonical, ranked = _canonical(rows, group, named)
    kind = np.full(len(rows), _CANONICAL, dtype=np.int8)
    collide = False
    if len(ranked):
        copies = ranked[canonical[group[ranked]] != ranked]
        kind[copies] = _copy_kinds(rows, copies, canonical[group[copies]])
        own = np.flatnonzero(kind == _COLLISION).astype(np.int32)
        group[own] = len(canonical) + np.arange(len(own), dtype=np.int32)
        canonical, collide = np.concatenate([canonical, own]), len(own) > 0
    own_keys = _own_keys(rows, texts, canonical[len(named) :], kind)
    text_of = canonical.copy()
    text_of[len(named) :] = len(texts) + np.arange(len(own_keys), dtype=np.int32)
    time = taken(rows.time, canonical)
    order = order_by_number_and_text(time, texts, text_of, own_keys)
    number = inverted(order)
    by_row = np.argsort(canonical[len(named) :])
    return Nodes(
        keys=Keys(texts, own_keys.take(pa.array(by_row)), canonical[len(named) :][by_row]),
        row=taken(canonical, order),
        time=taken(time, order),
        of_row=taken(number, group),
        copy_kind=kind,
        id_of_row=ids,
        ids=len(first),
        of_id=None if scoped or collide else number[: len(first)],
    )


def _groups(rows: Rows, ids: Ints, first: Ints) -> tuple[pa.Array, Ints, Ints, bool]:
    """Texts of the keys by row, number of each record's group, first row of each named one; and whether by source.

    Groups beyond those that are named have no event id.
    """
    texts, group = rows.raw("event_id"), ids.copy()
    scope = rows.raw("id_scope")
    scoped = pc.equal(scope, "source").fill_null(False) if scope.null_count < len(scope) else None
    by_source = scoped is not None and scoped.true_count > 0
    if by_source:
        source, texts = rows.column("source").fill_null(""), rows.column("event_id")
        joined = pc.binary_join_element_wise(source, texts, pa.scalar(ID_SEPARATOR, pa.large_string()))
        texts = pc.if_else(scoped, joined, texts)
        group, first = TextNumbers(len(texts)).number(texts)
    nameless = np.flatnonzero(group < 0)
    group[nameless] = len(first) + np.arange(len(nameless), dtype=np.int32)
    return texts, group, first, by_source


def _canonical(rows: Rows, group: Ints, named: Ints) -> tuple[Ints, Ints]:
    """Canonical row of each group, and all rows of groups with several."""
    canonical = np.concatenate([named, np.flatnonzero(group >= len(named)).astype(np.int32)])
    if len(canonical) == len(group):
        return canonical, np.zeros(0, dtype=np.int32)
    several = of_several(group, len(canonical))
    time, record_time = rows.time[several], rows.record_times(several)
    topic_rank = np.append(text_rank(rows.topic.dictionary), 0)[rows.topic.codes[several]]
    # Copies carry the same event time, so the record's own time tells which came first; only then the name decides.
    order = (
        *(column[several] for column in (rows.source_id, rows.offset, rows.partition)),
        topic_rank,
        *(np.where(times == NO_TIME, np.iinfo(np.int64).max, times) for times in (record_time, time)),
        np.where(rows.replayed[several], 2, rows.dead_letter[several]),
        group[several],
    )
    ranked = several[np.lexsort(order)].astype(np.int32)
    canonical[group[ranked[::-1]]] = ranked[::-1]
    return canonical, ranked


def _copy_kinds(rows: Rows, copy: Ints, canonical: Ints) -> Codes:
    to, canonical_to = _codes(rows, "destination", copy, canonical)
    cluster, canonical_cluster = _codes(rows, "cluster", copy, canonical)
    marked = [
        rows.replayed[copy],
        rows.dead_letter[copy],
        (to >= 0) & (canonical_to >= 0) & (to != canonical_to),
    ]
    open_ = ~np.logical_or.reduce(marked)
    marked += [
        _collides(rows, copy, canonical, open_),
        (rows.topic.codes[copy] != rows.topic.codes[canonical]) | (cluster != canonical_cluster),
        rows.partition[copy] != rows.partition[canonical],
    ]
    return np.select(marked, list(range(len(marked))), default=len(marked)).astype(np.int8)


def _codes(rows: Rows, name: str, *some: Ints) -> list[Ints]:
    """Encode a text column for some records, and for others."""
    taken = rows.raw(name).take(pa.array(np.concatenate(some)))
    return np.split(EncodedColumn.of(taken).codes, np.cumsum([len(rows_of) for rows_of in some])[:-1])


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


def _own_keys(rows: Rows, texts: pa.Array, own: Ints, kind: Codes) -> pa.Array:
    """Keys of records without a name of their own: ``@position`` of the nameless, ``key@position`` of collisions.

    All keys are distinct.
    """
    at = pa.scalar("@", pa.large_string())
    if not len(own):
        return pa.array([], pa.large_string())
    ids = rows.raw("event_id").take(pa.array(own)).cast(pa.large_string())
    prefix = pc.if_else(pa.array(kind[own] == _COLLISION), ids, pa.scalar("", pa.large_string()))
    keys = pc.binary_join_element_wise(prefix, rows.stored_positions(own), at)
    sources = pa.array(rows.source_id[own]).cast(pa.large_string())
    suffixed = pc.binary_join_element_wise(keys, sources, pa.scalar("#", pa.large_string()))
    others = _with_at_sign(texts)
    while (taken := _taken(keys, others)).true_count:
        keys = pc.if_else(taken, suffixed, keys)
        suffixed = pc.binary_join_element_wise(suffixed, sources, pa.scalar("#", pa.large_string()))
    return keys


def _with_at_sign(texts: pa.Array) -> pa.Array:
    """Keep the texts that hold an at sign, as keys by position do: mostly none, which a look at the bytes tells."""
    data = texts.buffers()[2]
    content = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(0, dtype=np.uint8)
    if not any((content[begin : begin + _LOOKED_AT] == ord("@")).any() for begin in range(0, len(content), _LOOKED_AT)):
        return texts.slice(0, 0)
    return texts.filter(pc.match_substring(texts, "@"))


def _taken(own: pa.Array, keys: pa.Array) -> pa.BooleanArray:
    """Mark what equals a key or another of its own kind: the same topic name on two clusters, or a hostile id."""
    known = TextNumbers(len(own))
    known.number(keys)
    others = len(known)
    codes, _ = known.number(own)
    return pa.array((codes < others) | (np.bincount(codes)[codes] > 1))
