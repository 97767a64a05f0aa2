"""The causal graph as columns: events, edges between them, copies, causes that do not resolve, and the structure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

import numpy as np
import pyarrow as pa

from workbench.model.causation import RootKind
from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.once import once
from workbench.tracing.graph.structure import GraphStructure, StructureInput
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.graph.typed_edges import TypedEdges

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from workbench.tracing.graph.arrays import Codes, Flags, Ints
    from workbench.tracing.graph.attributes import EventAttributes
    from workbench.tracing.graph.columns import EncodedColumn
    from workbench.tracing.graph.edges import Edges
    from workbench.tracing.graph.node_table import NodeTable

_WHOLE = "the whole snapshot"

ROOT_KINDS: tuple[str, ...] = get_args(RootKind)
ORIGIN, SELF_ROOT, COMMAND_ROOT, UNLINKED, ORPHAN = range(len(ROOT_KINDS))
INNER = -1


@dataclass(frozen=True, slots=True)
class Provenance:
    """Origin of a graph: snapshot, clock and selection. A selection differs from its graph in ``selection`` only."""

    clock: str
    """``event`` or ``record``."""
    source: str
    """The sentence that says what the events are; empty without one."""
    events: int
    """Events of the whole snapshot; its records, if ``counted`` says so."""
    hop_bound_us: float
    """Longest time to expect between a cause and its effect, for types without enough hops of their own."""
    unread: int
    """Raw or damaged records of the snapshot that have no envelope in their headers either."""
    selection: str = _WHOLE
    counted: str = "event"
    """``record`` where only the selection was read, because events are counted by reading them all."""

    @property
    def whole(self) -> bool:
        """Whether nothing was selected: in a selection effects are cut off."""
        return self.selection == _WHOLE


@dataclass(frozen=True, eq=False, slots=True)
class Facts:
    """What a graph knows besides events and edges; the frames of `CausalGraph` describe the columns."""

    virtual: NodeTable
    unresolved: NodeTable
    copies: NodeTable
    problems: NodeTable
    outcomes: NodeTable
    outside: NodeTable


@dataclass(frozen=True, eq=False)
class CausalGraph:
    """Events of a snapshot or of a selection of it, and the edges between them.

    Events are numbered from 0 in the order (t, id); arrays have one entry for each event, and frames name events by
    these numbers in their column ``node``. `build_graph` makes a graph, `workbench.tracing.selection` cuts smaller
    ones from it. Nothing changes a graph: the questions are functions in modules of `workbench.tracing`. Columns,
    frames and the structure are made when they are first asked for.
    """

    provenance: Provenance
    attributes: EventAttributes
    """The columns of ``events``."""
    time: Ints
    """Microseconds since 1970 UTC, `NO_TIME` where unknown."""
    fell_back: Flags
    """Marks events placed by the record's timestamp because they have no event time."""
    root_kind: Codes
    """Index into `ROOT_KINDS`, `INNER` for an event with a resolved cause or link."""
    edges: Edges
    vias: pa.Array
    """Texts of the codes in ``edges.via``."""
    facts: Facts

    def __len__(self) -> int:
        return len(self.time)

    @once
    def events(self) -> pa.Table:
        """One row for each event.

        key, event_id, event_type, source, destination, correlation_id, cluster, topic, trace_id, source_id, partition,
        offset. Where any event has one: ``link_ids``, ``replay``, ``root_id``, columns of
        `workbench.tracing.graph.rows.OPTIONAL`, ``failed``, ``broker_time``, ``problems``.
        """
        return self.attributes.table()

    @once
    def virtual(self) -> pd.DataFrame:
        """node, value: which cause value outside the snapshot joins which events."""
        return self.facts.virtual.frame()

    @once
    def unresolved(self) -> pd.DataFrame:
        """node, value, target, reason, rank, via, hop_bound_us, unread."""
        return self.facts.unresolved.frame()

    @once
    def copies(self) -> pd.DataFrame:
        """node, kind, cluster, topic, source_id, partition, offset, time, disagrees."""
        return self.facts.copies.frame()

    @once
    def problems(self) -> pd.DataFrame:
        """node, problem."""
        return self.facts.problems.frame()

    @once
    def outcomes(self) -> pd.DataFrame:
        """node, outcome: one row for each declared cause."""
        return self.facts.outcomes.frame()

    @once
    def outside(self) -> pd.DataFrame:
        """node, direction, kind, neighbour, event_type, correlation_id: edges that the selection cuts."""
        return self.facts.outside.frame()

    @once
    def used_edges(self) -> Edges:
        """Edges that algorithms follow, layout breaks included."""
        return self.edges.pick(self.edges.used())

    @once
    def typed_edges(self) -> TypedEdges:
        """The used edges by the types of their ends."""
        return TypedEdges(self.attributes, self.used_edges, self.time)

    @once
    def by_correlation(self) -> Groups:
        """The events of each correlation; correlations by their code."""
        code = self.encoded("correlation_id").codes
        # Events without one come first, and are left out.
        groups = Groups.of(code + 1, int(code.max(initial=-1)) + 2)
        return Groups(groups.starts[1:] - groups.starts[1], groups.members[groups.starts[1] :])

    @once
    def structure(self) -> GraphStructure:
        """Depth, forests, fragments and cycles; each computed when first asked for."""
        used, virtual = self.used_edges, self.facts.virtual
        return GraphStructure(
            StructureInput(
                time=self.time,
                cause=used.cause,
                effect=used.effect,
                virtual_cause=np.unique(virtual.codes_of("value"), return_inverse=True)[1].reshape(-1),
                virtual_effect=virtual.node,
                attributes=self.attributes,
            ),
        )

    def layout_breaks(self) -> Flags:
        """Mark, among all edges, those that are left out so that no cycle remains."""
        breaks = np.zeros(len(self.edges), dtype=np.bool_)
        breaks[np.flatnonzero(self.edges.used())[self.structure.layout_break]] = True
        return breaks

    def column(self, name: str) -> pa.Array:
        """Return one attribute of all events."""
        return self.attributes.column(name)

    def encoded(self, name: str) -> EncodedColumn:
        """Return one attribute of all events as codes; its dictionary is in the order of the events."""
        return self.attributes.encoded(name)

    def optional(self, name: str) -> pa.Array | None:
        """Return an attribute that a graph may lack, None if no event has it."""
        return self.column(name) if name in self.attributes.names else None

    def marked(self, name: str) -> Flags:
        """Return a column of booleans that a graph may lack; without it no event is marked."""
        column = self.optional(name)
        return np.zeros(len(self), dtype=np.bool_) if column is None else flags(column)

    def micros(self, name: str) -> Ints:
        """Return a column of times that a graph may lack, `NO_TIME` where unknown."""
        column = self.optional(name)
        if column is None:
            return np.full(len(self), NO_TIME, dtype=np.int64)
        times: Ints = column.cast(pa.int64()).fill_null(NO_TIME).to_numpy(zero_copy_only=False)
        return times

    def some(self, name: str, nodes: Ints) -> pa.Array:
        """Return one attribute of some events by their numbers, null for -1."""
        return self.attributes.some(name, nodes)

    def rows(self, names: Sequence[str], nodes: Ints) -> pa.Table:
        """Return attributes of some events by their numbers."""
        return pa.table({name: self.attributes.some(name, nodes) for name in names})

    def keys(self, nodes: Ints) -> list[str]:
        """Return the keys of events by their numbers."""
        texts: list[str] = self.some("key", nodes).to_pylist()
        return texts
