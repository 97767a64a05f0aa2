"""Resolution: which declared causes become edges, by rank and target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import TableError
from workbench.model.causation import EdgeKind
from workbench.tracing.graph.declared import EVENT_ID, OUTCOMES, POSITION, Declared, read_declared
from workbench.tracing.graph.rows import EncodedEvents
from workbench.tracing.graph.targets import Index, find_matches, find_positions, match_positions

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.nodes import Nodes
    from workbench.tracing.graph.rows import Rows
    from workbench.tracing.graph.targets import Matches

EDGE_KINDS: tuple[str, ...] = get_args(EdgeKind)
EXPLICIT, SPAN_EDGE, COPY, AMBIGUOUS, HINT, _VIRTUAL = range(len(EDGE_KINDS))

EDGE, _AMBIGUOUS, _COPY, UNRESOLVED, COMMAND, SAME_NODE, SELF, OTHER_RANK, REPEATED = range(len(OUTCOMES))

SPAN_COLUMNS = ("span_id", "topic", "partition", "offset")
_NO_RANK = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Links:
    """Edges between nodes, of every kind, each pair of nodes once."""

    cause: Ints
    effect: Ints
    kind: Ints
    """Index into `EDGE_KINDS`."""
    rank: Ints
    """-1 for edges that no declared cause made."""
    via: Ints
    """Code in the declared causes' ``vias``, -1 for none."""

    def __len__(self) -> int:
        return len(self.cause)

    def pick(self, chosen: Flags | Ints) -> Links:
        return Links(*(c[chosen] for c in (self.cause, self.effect, self.kind, self.rank, self.via)))

    def used(self) -> Flags:
        """Edges that the algorithms follow."""
        used: Flags = self.kind <= SPAN_EDGE
        return used

    def is_hint(self) -> Flags:
        hint: Flags = self.kind == HINT
        return hint

    def kind_texts(self) -> pd.Series[str]:
        return pd.Series(np.array(EDGE_KINDS)[self.kind], dtype="str")

    def __add__(self, other: Links) -> Links:
        pairs = (
            (self.cause, other.cause),
            (self.effect, other.effect),
            (self.kind, other.kind),
            (self.rank, other.rank),
            (self.via, other.via),
        )
        return Links(*(np.concatenate(pair) for pair in pairs))


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the declared causes of the canonical records came to."""

    declared: Declared
    outcome: Ints
    """Index into `OUTCOMES` for each declared cause."""
    links: Links
    cause_disagreement: Ints
    """Nodes whose higher ranks resolve to something else."""
    copy_disagrees: Ints
    """Rows of copies that declare other causes than the canonical record."""
    index: Index


def resolve(rows: Rows, nodes: Nodes, span_causes: pa.Table | None) -> Resolution:
    """Resolve each declared cause.

    Args:
        rows: The records.
        nodes: Their nodes.
        span_causes: For a producing span the records that caused what it produced: ``span_id``, ``topic``,
            ``partition``, ``offset``.
    """
    everything = read_declared(rows, nodes)
    canonical = everything.row == nodes.row[everything.node]
    declared = everything.pick(canonical)
    index = Index.of(rows, nodes, everything.texts.names)
    outcome, matches = _outcomes(rows, nodes, declared, index)
    links = _links(declared, outcome, matches)
    disagreeing = _disagreeing(declared, outcome, matches, links, len(nodes))
    linked = np.zeros(len(nodes), dtype=np.bool_)
    linked[links.effect] = True
    if span_causes is not None:
        links = links + _span_edges(rows, nodes, ~linked, span_causes)
    declares = np.zeros(len(nodes), dtype=np.bool_)
    declares[declared.node] = True
    declares[links.effect] = True
    links = links + _hints(rows, nodes, ~declares, index)
    order = np.lexsort((links.cause, links.effect))
    return Resolution(
        declared=declared,
        outcome=outcome,
        links=links.pick(order),
        cause_disagreement=disagreeing,
        copy_disagrees=_copies_that_disagree(rows, nodes, everything, index),
        index=index,
    )


def _outcomes(rows: Rows, nodes: Nodes, declared: Declared, index: Index) -> tuple[Ints, Matches]:
    entry, node = find_matches(rows, nodes, declared, index)
    self_named = _names_itself(nodes, declared, index)
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
        [SELF, SAME_NODE, REPEATED, _COPY, OTHER_RANK, UNRESOLVED, _AMBIGUOUS],
        default=EDGE,
    )
    return outcome.astype(np.int64), (entry, node)


def _names_itself(nodes: Nodes, declared: Declared, index: Index) -> Flags:
    code = index.id_of_value[declared.value]
    named: Flags = (declared.target == EVENT_ID) & (code >= 0) & (code == nodes.event_id[declared.node])
    return named


def _links(declared: Declared, outcome: Ints, matches: Matches) -> Links:
    """Make the edges; an entry whose edge another entry makes already becomes ``repeated``."""
    entry, cause = matches
    made = np.isin(outcome[entry], (EDGE, _AMBIGUOUS, _COPY))
    entry, cause = entry[made], cause[made]
    kinds = np.full(len(OUTCOMES), EXPLICIT)
    kinds[_COPY], kinds[_AMBIGUOUS] = COPY, AMBIGUOUS
    effect, kind = declared.node[entry], kinds[outcome[entry]]
    order = np.lexsort((declared.value[entry], declared.rank[entry], kind, cause, effect))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (effect[order][1:] != effect[order][:-1]) | (cause[order][1:] != cause[order][:-1])
    dropped = entry[order[~first]]
    outcome[dropped[outcome[dropped] != _AMBIGUOUS]] = REPEATED
    kept = order[first]
    return Links(cause[kept], effect[kept], kind[kept], declared.rank[entry[kept]], declared.via[entry[kept]])


def _disagreeing(declared: Declared, outcome: Ints, matches: Matches, links: Links, count: int) -> Ints:
    entry, cause = matches
    other = (outcome[entry] == OTHER_RANK) & (declared.target[entry] != POSITION)
    entry, cause = entry[other], cause[other]
    if not len(entry):
        return np.zeros(0, dtype=np.int64)
    effect = declared.node[entry]
    elsewhere = ~np.isin(cause * count + effect, links.cause * count + links.effect)
    nodes: Ints = np.unique(effect[elsewhere])
    return nodes


def _hints(rows: Rows, nodes: Nodes, silent: Flags, index: Index) -> Links:
    code = index.ids.find(rows.column("root_id").take(pa.array(nodes.row)))
    effects = np.flatnonzero(silent & (code >= 0))
    owner, cause = index.by_id.expand(code[effects])
    return _undeclared(cause, effects[owner], HINT)


def _undeclared(cause: Ints, effect: Ints, kind: int) -> Links:
    apart = cause != effect
    cause, effect = cause[apart], effect[apart]
    none = np.full(len(cause), -1)
    return Links(cause, effect, np.full(len(cause), kind), none, none)


def _span_edges(rows: Rows, nodes: Nodes, unlinked: Flags, span_causes: pa.Table) -> Links:
    missing = [name for name in SPAN_COLUMNS if name not in span_causes.column_names]
    if missing or "trace" not in rows.table.column_names:
        raise TableError(
            f"Span causes need {', '.join(SPAN_COLUMNS)} and events with a trace column; "
            f"missing: {', '.join(missing) or 'trace'}.",
        )
    span = pc.struct_field(rows.column("trace"), "span_id").cast(pa.large_string())
    effects = np.flatnonzero(unlinked)
    produced = pd.DataFrame(
        {
            "entry": effects,
            "span": EncodedEvents.of(span).codes[nodes.row[effects]],
            "cluster": rows.cluster.codes[nodes.row[effects]],
        },
    )
    known = {name: span_causes.column(name).combine_chunks() for name in SPAN_COLUMNS}
    caused = pd.DataFrame(
        {
            "span": EncodedEvents.of(span).find(known["span_id"].cast(pa.large_string())),
            "topic": rows.topic.find(known["topic"].cast(pa.large_string())),
            "partition": known["partition"].cast(pa.int64()).to_numpy(),
            "offset": known["offset"].cast(pa.int64()).to_numpy(),
        },
    )
    wanted = produced[produced["span"] >= 0].merge(caused[caused["topic"] >= 0], on="span")
    effect, cause = match_positions(rows, nodes, wanted)
    return _undeclared(cause, effect, SPAN_EDGE)


def _copies_that_disagree(rows: Rows, nodes: Nodes, everything: Declared, index: Index) -> Ints:
    """Rows of copies whose set of declared causes is neither empty nor that of the canonical record."""
    copied = np.unique(everything.node[everything.row != nodes.row[everything.node]])
    if not len(copied):
        return copied
    relevant = everything.pick(np.isin(everything.node, copied))
    entry, node = find_positions(rows, nodes, relevant)
    inside = np.zeros(len(relevant), dtype=np.bool_)
    inside[entry[node == relevant.node[entry]]] = True
    inside |= _names_itself(nodes, relevant, index)
    relevant = relevant.pick(~inside)
    stated = pd.DataFrame(
        {
            "node": relevant.node,
            "row": relevant.row,
            "target": relevant.target,
            "value": relevant.value,
        },
    ).drop_duplicates()
    of_canonical = stated["row"].to_numpy() == nodes.row[stated["node"].to_numpy()]
    mine, theirs = stated[~of_canonical], stated[of_canonical]
    agreed = mine.merge(theirs[["node", "target", "value"]], on=["node", "target", "value"])
    said = mine.groupby(["row", "node"]).size().rename("said").reset_index()
    said["agreed"] = said["row"].map(agreed.groupby("row").size()).fillna(0)
    said["meant"] = said["node"].map(theirs.groupby("node").size()).fillna(0)
    differs = (said["said"] != said["agreed"]) | (said["said"] != said["meant"])
    rows_of: Ints = said.loc[differs, "row"].to_numpy(np.int64)
    return rows_of
