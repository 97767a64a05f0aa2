"""Resolves declared causes: decides by rank and target which of them become edges (`docs/tracing.md` 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.tracing.graph.arrays import narrowed
from workbench.tracing.graph.edges import HINT, Edges
from workbench.tracing.graph.gathering import taken
from workbench.tracing.graph.resolution.choosing import Entries, connect, decide
from workbench.tracing.graph.resolution.copies import copies_that_disagree
from workbench.tracing.graph.resolution.declared import OUTCOMES, DeclaredCauses
from workbench.tracing.graph.resolution.declaring import declare
from workbench.tracing.graph.resolution.spans import linked_edges, span_edges
from workbench.tracing.graph.resolution.targets import NodeIndex, find_others

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Codes, Flags, Ints
    from workbench.tracing.graph.beside import Beside
    from workbench.tracing.graph.nodes import Nodes
    from workbench.tracing.graph.resolution.choosing import Numbers
    from workbench.tracing.graph.resolution.declared import StatedCauses
    from workbench.tracing.graph.resolution.spans import SpanLinks
    from workbench.tracing.graph.resolution.targets import IdNumbers
    from workbench.tracing.graph.rows import Rows

EDGE, AMBIGUOUS_CAUSE, COPY_OF, UNRESOLVED, COMMAND, SAME_NODE, SELF, OTHER_RANK, REPEATED = range(len(OUTCOMES))


@dataclass(frozen=True, slots=True)
class Resolution:
    """The declared causes of the canonical records, the outcome of each, and the edges they make."""

    declared: DeclaredCauses
    outcome: Codes
    """Index into `OUTCOMES` for each declared cause."""
    edges: Edges
    cause_disagreement: Ints
    """Nodes whose higher ranks resolve to something else."""
    copy_disagrees: Ints
    """Rows of copies that declare other causes than the canonical record."""
    index: NodeIndex


def resolve(
    rows: Rows,
    nodes: Nodes,
    ids: IdNumbers,
    stated: StatedCauses,
    beside: Beside,
    *,
    span_causes: pa.Table | None = None,
    span_links: SpanLinks | None = None,
) -> Resolution:
    """Resolve each declared cause.

    Args:
        rows: The records.
        nodes: Their nodes.
        ids: Numbers of their ids and of the causes.
        stated: The causes that records declare.
        beside: Another thread.
        span_causes: For a producing span the records that caused what it produced: ``span_id``, ``topic``,
            ``partition``, ``offset``.
        span_links: Which rows of spans produced and consumed which rows of records.
    """
    declared = DeclaredCauses(*declare(nodes.row, stated.starts, ids.value), ids.value, stated)
    index = NodeIndex.of(nodes, ids)
    others = find_others(rows, nodes, declared, index)
    entries = Entries(
        (declared.entry, declared.node),
        (stated.target, ids.value, stated.rank),
        (ids.event_id, nodes.row),
        (index.by_id.starts, index.by_id.members),
        None if others is None else (others.starts, others.members),
    )
    outcome = np.empty(len(declared), dtype=np.int8)
    (cause, effect, kind, entry), elsewhere = _connected(entries, outcome, _middle(declared), beside)
    made_by = taken(declared.entry, entry)
    edges = Edges(cause, effect, kind, taken(narrowed(stated.rank), made_by), taken(narrowed(stated.via), made_by))
    edges = _with_others(edges, rows, nodes, declared, _Undeclared(ids, index, span_causes, span_links))
    return Resolution(
        declared=declared,
        outcome=outcome,
        edges=edges,
        cause_disagreement=elsewhere,
        copy_disagrees=copies_that_disagree(rows, nodes, declared),
        index=index,
    )


def _middle(declared: DeclaredCauses) -> int:
    """Return where the second half of the events with declared causes begins."""
    return int(np.searchsorted(declared.node, declared.node[len(declared) // 2])) if len(declared) else 0


def _connected(
    entries: Entries, outcome: Codes, middle: int, beside: Beside
) -> tuple[tuple[Numbers, Numbers, Codes, Numbers], Ints]:
    """Decide on each declared cause and make the edges, those of the first and of the second half at once.

    Returns:
        Cause, effect and kind of each edge and the declared cause that made it; and the nodes of which values of a rank
        that was not used lead elsewhere.
    """
    deciding = beside.start(partial(decide, entries, outcome, middle, len(outcome)))
    room = decide(entries, outcome, 0, middle)
    most = room + deciding()
    cause, effect, made_by = (np.empty(most, dtype=np.int32) for _ in range(3))
    kind: Codes = np.empty(most, dtype=np.int8)
    later = cause[room:], effect[room:], kind[room:], made_by[room:]
    connecting = beside.start(partial(connect, entries, outcome, middle, len(outcome), later))
    first, apart = connect(entries, outcome, 0, middle, (cause, effect, kind, made_by))
    second, also_apart = connecting()
    count = first + second
    # Where several entries name one cause, there are fewer edges than room: the second half moves up.
    for column in (cause, effect, kind, made_by) if first < room else ():
        column[first:count] = column[room : room + second]
    return (cause[:count], effect[:count], kind[:count], made_by[:count]), np.concatenate([apart, also_apart])


@dataclass(frozen=True, slots=True)
class _Undeclared:
    """What gives edges besides declared causes."""

    ids: IdNumbers
    index: NodeIndex
    span_causes: pa.Table | None
    span_links: SpanLinks | None


def _with_others(edges: Edges, rows: Rows, nodes: Nodes, declared: DeclaredCauses, more: _Undeclared) -> Edges:
    """Add the edges of spans, and hints; all edges are then by (effect, cause)."""
    before = len(edges)
    if more.span_causes is not None or more.span_links is not None:
        unlinked = np.ones(len(nodes), dtype=np.bool_)
        unlinked[edges.effect] = False
        if more.span_causes is not None:
            edges += span_edges(rows, nodes, unlinked, more.span_causes)
        if more.span_links is not None:
            edges += linked_edges(nodes, unlinked, more.span_links)
    if more.ids.root_id is not None:
        silent = np.ones(len(nodes), dtype=np.bool_)
        silent[declared.node] = False
        silent[edges.effect] = False
        edges += _hints(rows, nodes, more.ids.root_id[nodes.row], silent, more.index)
    return edges if len(edges) == before else edges.pick(np.lexsort((edges.cause, edges.effect)))


def _hints(rows: Rows, nodes: Nodes, root_id: Ints, silent: Flags, index: NodeIndex) -> Edges:
    named = silent & (root_id >= 0)
    known = named & index.has_id(root_id)
    effects = np.flatnonzero(known)
    owner, cause = index.by_id.expand(root_id[effects])
    hints = Edges.undeclared(cause, effects[owner], HINT)
    of_flows = np.flatnonzero(named & ~known)
    return hints + _from_flows(rows, nodes, of_flows) if len(of_flows) else hints


def _from_flows(rows: Rows, nodes: Nodes, effects: Ints) -> Edges:
    """Make the hints of root ids that name another flow, which its first event stands for."""
    correlation = rows.encoded("correlation_id")
    own = correlation.codes[nodes.row]
    named = correlation.find(rows.column("root_id").take(pa.array(nodes.row[effects])))
    first = np.full(len(correlation.dictionary) + 1, -1, dtype=np.int32)
    # Nodes are in order of time: what is written last is the first one. Those of no flow are written to the end.
    first[own[::-1]] = np.arange(len(nodes), dtype=np.int32)[::-1]
    first[-1] = -1
    begun = (first[named] >= 0) & (named != own[effects])
    return Edges.undeclared(first[named][begun], effects[begun], HINT)
