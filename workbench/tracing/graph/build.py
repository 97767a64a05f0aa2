"""Builds the causal graph from decoded records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.model.events.dead_letters import is_dead_letter_topic
from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.graph import (
    COMMAND_ROOT,
    INNER,
    ORIGIN,
    ORPHAN,
    SELF_ROOT,
    UNLINKED,
    CausalGraph,
    Provenance,
)
from workbench.tracing.graph.nodes import COPY_KINDS, Nodes, find_nodes
from workbench.tracing.graph.resolution.declared import OUTCOMES, TARGETS
from workbench.tracing.graph.resolution.resolve import SELF, UNRESOLVED, Resolution, resolve
from workbench.tracing.graph.resolution.unresolved import REASONS, UnresolvedCauses, find_unresolved
from workbench.tracing.graph.rows import OPTIONAL, Clock, Rows, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.resolution.spans import SpanLinks

_ATTRIBUTES = ("event_id", "event_type", "source", "destination", "correlation_id", "cluster", "topic")
_POSITION = ("source_id", "partition", "offset")
_APPEND_TIME = 1


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
    rows = read_rows(events, clock=clock, is_dead_letter=is_dead_letter)
    nodes = find_nodes(rows)
    resolution = resolve(rows, nodes, span_causes, span_links)
    unresolved = find_unresolved(rows, nodes, resolution, ranges, single=single_virtual)
    declared = resolution.declared
    self_caused = _self_caused(rows, nodes, resolution)
    return CausalGraph(
        provenance=Provenance(clock, provenance, len(nodes), unresolved.bounds.other, unresolved.unread),
        events=_event_columns(rows, nodes),
        time=nodes.time,
        fell_back=rows.fell_back[nodes.row],
        root_kind=_root_kinds(rows, nodes, resolution, unresolved, self_caused),
        edges=resolution.edges,
        vias=declared.vias.dictionary,
        virtual=_virtual_frame(resolution, unresolved),
        unresolved=_unresolved_frame(resolution, unresolved),
        copies=_copies_frame(rows, nodes, resolution),
        problems=_problems_frame(nodes, resolution, self_caused),
        outcomes=pd.DataFrame({"node": declared.node, "outcome": _named(OUTCOMES, resolution.outcome)}),
        outside=_nothing_outside(),
    )


def _nothing_outside() -> pd.DataFrame:
    names = ("direction", "kind", "neighbour", "event_type", "correlation_id")
    texts = {name: pd.Series([], dtype="str") for name in names}
    return pd.DataFrame({"node": pd.Series([], dtype=np.int64), **texts})


def _self_caused(rows: Rows, nodes: Nodes, resolution: Resolution) -> Ints:
    """Find events that name themselves as their cause, whether or not decoding has removed that cause."""
    problems = rows.column("problems").take(pa.array(nodes.row))
    owner = pc.list_parent_indices(problems).to_numpy().astype(np.int64)
    marked = pc.equal(pc.list_flatten(problems).cast(pa.large_string()), "self_cause")
    return np.union1d(owner[flags(marked)], resolution.declared.node[resolution.outcome == SELF])


def _root_kinds(
    rows: Rows, nodes: Nodes, resolution: Resolution, unresolved: UnresolvedCauses, self_caused: Ints
) -> Ints:
    edges = resolution.edges
    root = np.where(
        flags(pc.equal(rows.column("cause_state").take(pa.array(nodes.row)), "root")),
        ORIGIN,
        UNLINKED,
    )
    root[self_caused] = SELF_ROOT
    root[resolution.declared.node[resolution.outcome == UNRESOLVED]] = ORPHAN
    root[unresolved.commands] = COMMAND_ROOT
    root[edges.effect[~edges.is_hint()]] = INNER
    return root


def _event_columns(rows: Rows, nodes: Nodes) -> pa.Table:
    row = pa.array(nodes.row)
    taken = {name: rows.column(name).take(row) for name in _ATTRIBUTES}
    numbers = {name: pa.array(getattr(rows, name)[nodes.row]) for name in _POSITION}
    known = {name: rows.column(name).take(row) for name in OPTIONAL[3:] if name in rows.table.column_names}
    marks = {"failed": _failed(rows, nodes), "broker_time": _broker_time(rows)[nodes.row]}
    marked = {name: pa.array(flag) for name, flag in marks.items() if flag.any()}
    columns = {"key": nodes.key, **taken, "trace_id": _trace_ids(rows).take(row), **numbers}
    problems = rows.column("problems")
    noted = {"problems": problems.take(row)} if len(pc.list_flatten(problems)) else {}
    return pa.table({**columns, **known, **marked, **noted})


def _failed(rows: Rows, nodes: Nodes) -> Flags:
    """Mark events that carry an error, and those of which a copy is a dead letter."""
    failed = np.zeros(len(nodes), dtype=np.bool_)
    if "error" in rows.table.column_names:
        error = rows.column("error").take(pa.array(nodes.row))
        failed |= flags(pc.or_(*(pc.is_valid(pc.struct_field(error, member)) for member in ("type", "message"))))
    failed[nodes.of_row[rows.dead_letter]] = True
    return failed


def _broker_time(rows: Rows) -> Flags:
    """Mark records that are placed by the time at which the broker appended them."""
    appended = flags(pc.equal(rows.table.column("timestamp_type"), _APPEND_TIME))
    by_record: Flags = rows.fell_back | (rows.time == rows.record_time if rows.clock == "record" else False)
    return appended & by_record


def _trace_ids(rows: Rows) -> pa.Array:
    if "trace" not in rows.table.column_names:
        return pa.nulls(len(rows), pa.large_string())
    return pc.struct_field(rows.column("trace"), "trace_id").cast(pa.large_string())


def _named(names: tuple[str, ...], codes: Ints) -> pd.Series[str]:
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(names)))


def _texts(values: pa.Array, codes: Ints) -> pd.Series[str]:
    series: pd.Series[str] = values.take(pa.array(codes, mask=codes < 0)).to_pandas()
    return series


def _virtual_frame(resolution: Resolution, unresolved: UnresolvedCauses) -> pd.DataFrame:
    values = unresolved.virtual_values[unresolved.virtual_cause]
    return pd.DataFrame(
        {"node": unresolved.virtual_effect, "value": _texts(resolution.declared.texts.dictionary, values)}
    )


def _unresolved_frame(resolution: Resolution, unresolved: UnresolvedCauses) -> pd.DataFrame:
    found, declared = unresolved.entries, resolution.declared
    frame = pd.DataFrame(
        {
            "node": found.node,
            "value": _texts(declared.texts.dictionary, found.value),
            "target": _texts(pa.array(TARGETS, pa.large_string()), found.target),
            "reason": _texts(pa.array(REASONS, pa.large_string()), found.reason),
            "rank": found.rank,
            "via": _texts(declared.vias.dictionary, found.via),
            "hop_bound_us": found.bound,
            "unread": found.unread,
        },
    )
    return frame.sort_values(["node", "rank", "value", "target"], ignore_index=True)


def _copies_frame(rows: Rows, nodes: Nodes, resolution: Resolution) -> pd.DataFrame:
    copies = np.flatnonzero(nodes.copy_kind >= 0)
    picked = pa.array(copies)
    frame = pd.DataFrame(
        {
            "node": nodes.of_row[copies],
            "kind": _named(COPY_KINDS, nodes.copy_kind[copies]),
            "cluster": rows.column("cluster").take(picked).to_pandas(),
            "topic": rows.column("topic").take(picked).to_pandas(),
            **{name: getattr(rows, name)[copies] for name in _POSITION},
            "time": rows.time[copies],
            "disagrees": np.isin(copies, resolution.copy_disagrees),
        },
    )
    return frame.sort_values(["node", "time", "topic", "partition", "offset", "source_id"], ignore_index=True)


def _problems_frame(nodes: Nodes, resolution: Resolution, self_caused: Ints) -> pd.DataFrame:
    collisions = nodes.of_row[np.flatnonzero(nodes.copy_kind == COPY_KINDS.index("collision"))]
    found = {
        "self_cause": self_caused,
        "cause_disagreement": resolution.cause_disagreement,
        "copy_disagrees": np.unique(nodes.of_row[resolution.copy_disagrees]),
        "id_collision": collisions,
    }
    frame = pd.DataFrame(
        {
            "node": np.concatenate([nodes_of.astype(np.int64) for nodes_of in found.values()]),
            "problem": np.repeat(list(found), [len(nodes_of) for nodes_of in found.values()]),
        },
    )
    return frame.sort_values(["node", "problem"], ignore_index=True)
