"""Resolves declared causes: decides by rank and target which of them become edges (`docs/tracing.md` 2.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.tracing.graph.edges import AMBIGUOUS, COPY, EXPLICIT, HINT, Edges
from workbench.tracing.graph.resolution.copies import copies_that_disagree
from workbench.tracing.graph.resolution.declared import OUTCOMES, POSITION, DeclaredCauses, read_declared
from workbench.tracing.graph.resolution.spans import linked_edges, span_edges
from workbench.tracing.graph.resolution.targets import NodeIndex, find_matches, names_itself

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.nodes import Nodes
    from workbench.tracing.graph.resolution.spans import SpanLinks
    from workbench.tracing.graph.resolution.targets import Matches
    from workbench.tracing.graph.rows import Rows

EDGE, AMBIGUOUS_CAUSE, COPY_OF, UNRESOLVED, COMMAND, SAME_NODE, SELF, OTHER_RANK, REPEATED = range(len(OUTCOMES))

_NO_RANK = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Resolution:
    """The declared causes of the canonical records, the outcome of each, and the edges they make."""

    declared: DeclaredCauses
    outcome: Ints
    """Index into `OUTCOMES` for each declared cause."""
    edges: Edges
    cause_disagreement: Ints
    """Nodes whose higher ranks resolve to something else."""
    copy_disagrees: Ints
    """Rows of copies that declare other causes than the canonical record."""
    index: NodeIndex


def resolve(rows: Rows, nodes: Nodes, span_causes: pa.Table | None, span_links: SpanLinks | None = None) -> Resolution:
    """Resolve each declared cause.

    Args:
        rows: The records.
        nodes: Their nodes.
        span_causes: For a producing span the records that caused what it produced: ``span_id``, ``topic``,
            ``partition``, ``offset``.
        span_links: Which rows of spans produced and consumed which rows of records.
    """
    everything = read_declared(rows, nodes)
    canonical = everything.row == nodes.row[everything.node]
    declared = everything.pick(canonical)
    index = NodeIndex.of(rows, nodes, everything.texts.dictionary)
    outcome, matches = _outcomes(rows, nodes, declared, index)
    edges = _declared_edges(declared, outcome, matches)
    disagreeing = _disagreeing(declared, outcome, matches, edges, len(nodes))
    linked = np.zeros(len(nodes), dtype=np.bool_)
    linked[edges.effect] = True
    if span_causes is not None:
        edges += span_edges(rows, nodes, ~linked, span_causes)
    if span_links is not None:
        edges += linked_edges(nodes, ~linked, span_links)
    declares = np.zeros(len(nodes), dtype=np.bool_)
    declares[declared.node] = True
    declares[edges.effect] = True
    edges += _hints(rows, nodes, ~declares, index)
    order = np.lexsort((edges.cause, edges.effect))
    return Resolution(
        declared=declared,
        outcome=outcome,
        edges=edges.pick(order),
        cause_disagreement=disagreeing,
        copy_disagrees=copies_that_disagree(rows, nodes, everything, index),
        index=index,
    )


def _outcomes(rows: Rows, nodes: Nodes, declared: DeclaredCauses, index: NodeIndex) -> tuple[Ints, Matches]:
    entry, node = find_matches(rows, nodes, declared, index)
    self_named = names_itself(nodes, declared, index)
    within = np.zeros(len(declared), dtype=np.bool_)
    within[entry[(node == declared.node[entry]) & (declared.target[entry] == POSITION)]] = True
    repeated = declared.repeated()
    stands = ~(self_named | within | repeated)
    entry, node = entry[stands[entry]], node[stands[entry]]
    count = np.bincount(entry, minlength=len(declared))
    lowest, used = (np.full(len(nodes), _NO_RANK) for _ in range(2))
    np.minimum.at(lowest, declared.node[stands], declared.rank[stands])
    resolved = stands & (count > 0)
    np.minimum.at(used, declared.node[resolved], declared.rank[resolved])
    active = declared.rank == np.where(used < _NO_RANK, used, lowest)[declared.node]
    position = declared.target == POSITION
    outcome = np.select(
        [self_named, within, repeated, position & (count == 1), ~active, count == 0, count > 1],
        [SELF, SAME_NODE, REPEATED, COPY_OF, OTHER_RANK, UNRESOLVED, AMBIGUOUS_CAUSE],
        default=EDGE,
    )
    return outcome.astype(np.int64), (entry, node)


def _declared_edges(declared: DeclaredCauses, outcome: Ints, matches: Matches) -> Edges:
    """Make the edges; an entry whose edge another entry makes already becomes ``repeated``."""
    entry, cause = matches
    made = np.isin(outcome[entry], (EDGE, AMBIGUOUS_CAUSE, COPY_OF))
    entry, cause = entry[made], cause[made]
    kinds = np.full(len(OUTCOMES), EXPLICIT)
    kinds[COPY_OF], kinds[AMBIGUOUS_CAUSE] = COPY, AMBIGUOUS
    effect, kind = declared.node[entry], kinds[outcome[entry]]
    order = np.lexsort((declared.value[entry], declared.rank[entry], kind, cause, effect))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (effect[order][1:] != effect[order][:-1]) | (cause[order][1:] != cause[order][:-1])
    dropped = entry[order[~first]]
    outcome[dropped[outcome[dropped] != AMBIGUOUS_CAUSE]] = REPEATED
    kept = order[first]
    return Edges(cause[kept], effect[kept], kind[kept], declared.rank[entry[kept]], declared.via[entry[kept]])


def _disagreeing(declared: DeclaredCauses, outcome: Ints, matches: Matches, edges: Edges, count: int) -> Ints:
    entry, cause = matches
    other = (outcome[entry] == OTHER_RANK) & (declared.target[entry] != POSITION)
    entry, cause = entry[other], cause[other]
    if not len(entry):
        return np.zeros(0, dtype=np.int64)
    effect = declared.node[entry]
    elsewhere = ~np.isin(cause * count + effect, edges.cause * count + edges.effect)
    nodes: Ints = np.unique(effect[elsewhere])
    return nodes


def _hints(rows: Rows, nodes: Nodes, silent: Flags, index: NodeIndex) -> Edges:
    code = index.ids.find(rows.column("root_id").take(pa.array(nodes.row)))
    effects = np.flatnonzero(silent & (code >= 0))
    owner, cause = index.by_id.expand(code[effects])
    return Edges.undeclared(cause, effects[owner], HINT)
