"""Builds the causal graph from decoded records."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.text_numbers import TextNumbers
from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.tracing.graph.attributes import EventAttributes
from workbench.tracing.graph.beside import Beside
from workbench.tracing.graph.columns import EncodedColumn, encoded_rank, flags, one_chunk
from workbench.tracing.graph.graph import (
    COMMAND_ROOT,
    INNER,
    ORIGIN,
    ORPHAN,
    SELF_ROOT,
    UNLINKED,
    CausalGraph,
    Facts,
    Provenance,
)
from workbench.tracing.graph.node_table import NamedCodes, NodeTable
from workbench.tracing.graph.nodes import COPY_KINDS, Keys, Nodes, find_nodes
from workbench.tracing.graph.resolution.declared import OUTCOMES, TARGETS, StatedCauses, read_stated
from workbench.tracing.graph.resolution.resolve import SELF, Resolution, resolve
from workbench.tracing.graph.resolution.targets import IdNumbers
from workbench.tracing.graph.resolution.unresolved import REASONS, UnresolvedCauses, find_unresolved
from workbench.tracing.graph.rows import OPTIONAL, Clock, Rows, normal_column, read_rows, refuse_other_tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.tracing.graph.arrays import Codes, Flags, Ints
    from workbench.tracing.graph.resolution.spans import SpanLinks

_TEXTS = ("event_id", "event_type", "source", "destination", "correlation_id", "cluster", "topic")
_POSITION = ("source_id", "partition", "offset")
_OUTSIDE = ("direction", "kind", "neighbour", "event_type", "correlation_id")
_APPEND_TIME = 1
_NO_NODES = np.zeros(0, dtype=np.int32)
_NO_TEXTS = pa.array([], pa.large_string())
_UNKNOWN_LAST = np.append(encoded_rank(EncodedColumn.of(pa.array(TARGETS, pa.large_string()))), len(TARGETS) + 1)
"""Rank of each target by its name; that of an unknown one is last, where a sort puts what is missing."""


def build_graph(
    events: pa.Table,
    ranges: pa.Table | None = None,
    *,
    clock: Clock = "event",
    span_causes: pa.Table | None = None,
    span_links: SpanLinks | None = None,
    single_virtual: bool = False,
    is_dead_letter: Callable[[str], bool] = is_dead_letter_topic,
    provenance: str = "",
) -> CausalGraph:
    """Build the causal graph of a whole snapshot; selections are cut from it afterwards.

    Pass every event of the snapshot: a cause that the table lacks counts as not captured. The order of the rows makes
    no difference. The definitions are those of `docs/tracing.md` 2 and 3.

    Args:
        events: The columns of `workbench.model.records.columns.EVENT` with ``source_id``, ``cluster``, ``topic``,
            ``timestamp_ms``, ``timestamp_type``; with ``value`` records that share an id are told apart by content.
        ranges: What was captured, as `workbench.tracing.graph.resolution.ranges.RANGES`; without it no cause counts as
            truncated.
        clock: ``event`` takes the event time, else the record's timestamp; ``record`` always the record's timestamp.
        span_causes: For a producing span the records that caused what it produced (``span_id``, ``topic``,
            ``partition``, ``offset``); used for events of which no declared cause resolves.
        span_links: Which rows of spans produced and consumed which rows of records, where both are in the table.
        single_virtual: Draw a virtual node also for a missing cause that only one event names.
        is_dead_letter: Tells by its name whether a topic holds dead letters.
        provenance: The sentence that says what the events are, shown with every result.

    Raises:
        TableError: A column is missing or a position occurs twice.
    """
    refuse_other_tables(events, clock)
    with Beside(len(events)) as beside:
        rows, stated, nodes, ids = _named(events, clock, is_dead_letter, beside)
        resolution = resolve(rows, nodes, ids, stated, beside, span_causes=span_causes, span_links=span_links)
        describing = beside.start(partial(_attributes, rows, nodes))
        copying = beside.start(partial(_copies, rows, nodes, resolution))
        unresolved = find_unresolved(rows, nodes, resolution, ranges, single=single_virtual)
        self_caused = _self_caused(rows, nodes, resolution)
        attributes, copies = describing(), copying()
    return CausalGraph(
        provenance=Provenance(clock, provenance, len(nodes), unresolved.bound, unresolved.unread),
        attributes=attributes,
        time=nodes.time,
        fell_back=rows.fell_back[nodes.row],
        root_kind=_root_kinds(rows, nodes, resolution, unresolved, self_caused),
        edges=resolution.edges,
        vias=stated.vias,
        facts=Facts(
            virtual=_virtual(resolution, unresolved),
            unresolved=_unresolved(resolution, unresolved),
            copies=copies,
            problems=_problems(nodes, resolution, self_caused),
            outcomes=NodeTable(resolution.declared.node, {"outcome": NamedCodes(resolution.outcome, OUTCOMES)}),
            outside=NodeTable(_NO_NODES, dict.fromkeys(_OUTSIDE, EncodedColumn(_NO_NODES, _NO_TEXTS))),
        ),
    )


def _named(
    events: pa.Table, clock: Clock, is_dead_letter: Callable[[str], bool], beside: Beside
) -> tuple[Rows, StatedCauses, Nodes, IdNumbers]:
    """Read the rows, number the texts by which events are named, and group the rows into events."""
    known = TextNumbers(len(events))
    numbering = beside.start(partial(known.number, one_chunk(events.column("event_id"))))
    rows = read_rows(events, clock=clock, is_dead_letter=is_dead_letter)
    stated = read_stated(rows)
    rows.encoded("event_type")
    event_id, first = numbering()
    naming = beside.start(partial(IdNumbers.of, rows, stated.texts, event_id, known))
    nodes = find_nodes(rows, event_id, first)
    return rows, stated, nodes, naming()


def _self_caused(rows: Rows, nodes: Nodes, resolution: Resolution) -> Ints:
    """Find events that name themselves as their cause, whether or not decoding has removed that cause."""
    named = resolution.declared.node[resolution.outcome == SELF]
    problems = rows.raw("problems")
    texts = pc.list_flatten(problems)
    if not len(texts):
        return np.unique(named)
    row = pc.list_parent_indices(problems).to_numpy()[flags(pc.equal(texts, "self_cause"))]
    node = nodes.of_row[row]
    return np.union1d(node[nodes.row[node] == row], named)


def _root_kinds(
    rows: Rows, nodes: Nodes, resolution: Resolution, unresolved: UnresolvedCauses, self_caused: Ints
) -> Codes:
    edges, declared = resolution.edges, resolution.declared
    kind = np.where(flags(pc.equal(rows.raw("cause_state"), "root")), ORIGIN, UNLINKED).astype(np.int8)
    root = kind[nodes.row]
    root[self_caused] = SELF_ROOT
    root[declared.node[unresolved.entries.place]] = ORPHAN
    root[unresolved.commands] = COMMAND_ROOT
    root[edges.pick(~edges.is_hint()).effect] = INNER
    return root


def _attributes(rows: Rows, nodes: Nodes) -> EventAttributes:
    names = (
        *_TEXTS,
        "trace_id",
        *_POSITION,
        *(name for name in ("replay", "root_id", *OPTIONAL[3:]) if rows.has(name)),
    )
    of_rows: dict[str, Callable[[], pa.Array | Keys]] = {name: partial(_of_rows, rows.table, name) for name in names}
    of_events: dict[str, pa.Array] = {}
    if len(pc.list_flatten(rows.raw("link_ids"))):
        of_rows["link_ids"] = partial(_of_rows, rows.table, "link_ids")
    of_rows["key"] = partial(_given, nodes.keys)
    marks = {"failed": _failed(rows, nodes), "broker_time": _broker_time(rows, nodes)}
    of_events |= {name: pa.array(marked) for name, marked in marks.items() if marked.any()}
    problems = rows.raw("problems")
    if len(pc.list_flatten(problems)):
        of_events["problems"] = problems.take(pa.array(nodes.row))
    return EventAttributes(
        nodes.row,
        len(nodes),
        of_rows,
        of_events,
        names=("key", *names),
        codes_of_rows=rows.codes,
        numbers_of_rows={name: getattr(rows, name) for name in _POSITION},
    )


def _given(keys: Keys) -> Keys:
    return keys


def _of_rows(events: pa.Table, name: str) -> pa.Array:
    if name in _POSITION:
        return normal_column(events, name).cast(pa.int64())
    if name != "trace_id":
        return normal_column(events, name)
    if "trace" not in events.column_names:
        return pa.nulls(len(events), pa.large_string())
    return pc.struct_field(normal_column(events, "trace"), "trace_id").cast(pa.large_string())


def _failed(rows: Rows, nodes: Nodes) -> Flags:
    """Mark events that carry an error, and those of which a copy is a dead letter."""
    failed = np.zeros(len(nodes), dtype=np.bool_)
    if rows.has("error"):
        error = rows.column("error").take(pa.array(nodes.row))
        failed |= flags(pc.or_(*(pc.is_valid(pc.struct_field(error, member)) for member in ("type", "message"))))
    if rows.dead_letter.any():
        failed[nodes.of_row[rows.dead_letter]] = True
    return failed


def _broker_time(rows: Rows, nodes: Nodes) -> Flags:
    """Mark events that are placed by the time at which the broker appended their record."""
    appended = flags(pc.equal(rows.raw("timestamp_type"), _APPEND_TIME))
    by_record: Flags = rows.fell_back | (rows.clock == "record")
    marked = appended & by_record
    return marked[nodes.row] if marked.any() else marked[: len(nodes)]


def _virtual(resolution: Resolution, unresolved: UnresolvedCauses) -> NodeTable:
    texts = resolution.declared.texts(unresolved.virtual)
    return NodeTable(unresolved.virtual_effect, {"value": EncodedColumn(unresolved.virtual_cause, texts)})


def _unresolved(resolution: Resolution, unresolved: UnresolvedCauses) -> NodeTable:
    found, declared = unresolved.entries, resolution.declared
    place = found.place
    stands = declared.pick(place)
    value = EncodedColumn.of(declared.texts(place))
    table = NodeTable(
        stands.node,
        {
            "value": value,
            "target": EncodedColumn(stands.target.astype(np.int32), pa.array(TARGETS, pa.large_string())),
            "reason": EncodedColumn(found.reason.astype(np.int32), pa.array(REASONS, pa.large_string())),
            "rank": stands.rank,
            "via": EncodedColumn(stands.via, declared.stated.vias),
            "hop_bound_us": found.bound,
            "unread": found.unread,
        },
    )
    node, rank = table.node, stands.rank
    if (node[1:] > node[:-1]).all():
        return table
    target = _UNKNOWN_LAST[stands.target]
    return table.pick(np.lexsort((target, encoded_rank(value), rank, node)))


def _copies(rows: Rows, nodes: Nodes, resolution: Resolution) -> NodeTable:
    copies = nodes.copies
    topic = cluster = EncodedColumn(_NO_NODES, _NO_TEXTS)
    if len(copies):
        topic = EncodedColumn(rows.topic.codes[copies], rows.topic.dictionary)
        cluster = EncodedColumn.of(rows.raw("cluster").take(pa.array(copies)))
    table = NodeTable(
        nodes.of_row[copies],
        {
            "kind": NamedCodes(nodes.copy_kind[copies], COPY_KINDS),
            "cluster": cluster,
            "topic": topic,
            **{name: getattr(rows, name)[copies] for name in _POSITION},
            "time": rows.time[copies],
            "disagrees": np.isin(copies, resolution.copy_disagrees) if len(copies) else copies.astype(np.bool_),
        },
    )
    if not len(copies):
        return table
    place = (rows.source_id, rows.offset, rows.partition, rows.time, nodes.of_row)
    source, offset, partition, time, node = (column[copies] for column in place)
    return table.pick(np.lexsort((source, offset, partition, encoded_rank(topic), time, node)))


def _problems(nodes: Nodes, resolution: Resolution, self_caused: Ints) -> NodeTable:
    found = {
        "cause_disagreement": resolution.cause_disagreement,
        "copy_disagrees": np.unique(nodes.of_row[resolution.copy_disagrees]),
        "id_collision": nodes.of_row[np.flatnonzero(nodes.copy_kind == COPY_KINDS.index("collision"))],
        "self_cause": self_caused,
    }
    node = np.concatenate(list(found.values()))
    code = np.repeat(np.arange(len(found)), [len(nodes_of) for nodes_of in found.values()])
    order = np.lexsort((code, node))
    return NodeTable(node[order], {"problem": EncodedColumn(code[order], pa.array(list(found), pa.large_string()))})
