"""The causal graph as columns: events, edges between them, copies, causes that do not resolve, and the structure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.model.causation import RootKind
from workbench.tracing.graph.columns import flags, one_chunk, text_rank
from workbench.tracing.graph.structure import GraphStructure, StructureInput, structure_of
from workbench.tracing.graph.times import NO_TIME

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.edges import Edges

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
    selection: str = "the whole snapshot"
    counted: str = "event"
    """``record`` where only the selection was read, because events are counted by reading them all."""


@dataclass(frozen=True, eq=False)
class CausalGraph:
    """Events of a snapshot or of a selection of it, and the edges between them.

    Events are numbered from 0 in the order (t, id); arrays have one entry for each event, and frames name events by
    these numbers in their column ``node``. `build_graph` makes a graph, `workbench.tracing.selection` cuts smaller
    ones from it. Nothing changes a graph: the questions are functions in modules of `workbench.tracing`.
    """

    provenance: Provenance
    events: pa.Table
    """key, event_id, event_type, source, destination, correlation_id, cluster, topic, trace_id, source_id, partition,
    offset. Where any event has one: columns of `workbench.tracing.graph.rows.OPTIONAL`, ``failed``, ``broker_time``."""
    time: Ints
    """Microseconds since 1970 UTC, `NO_TIME` where unknown."""
    fell_back: Flags
    """Marks events placed by the record's timestamp because they have no event time."""
    root_kind: Ints
    """Index into `ROOT_KINDS`, `INNER` for an event with a resolved cause or link."""
    edges: Edges
    vias: pa.LargeStringArray
    """Texts of the codes in ``edges.via``."""
    virtual: pd.DataFrame
    """node, value: which cause value outside the snapshot joins which events."""
    unresolved: pd.DataFrame
    """node, value, target, reason, rank, via, hop_bound_us, unread."""
    copies: pd.DataFrame
    """node, kind, cluster, topic, source_id, partition, offset, time, disagrees."""
    problems: pd.DataFrame
    """node, problem."""
    outcomes: pd.DataFrame
    """node, outcome: one row for each declared cause."""
    outside: pd.DataFrame
    """node, direction, kind, neighbour, event_type, correlation_id: edges that the selection cuts."""

    def __len__(self) -> int:
        return len(self.time)

    @cached_property
    def used_edges(self) -> Edges:
        """Edges that algorithms follow, layout breaks included."""
        return self.edges.pick(self.edges.used())

    @cached_property
    def structure(self) -> GraphStructure:
        """Depth, forests, fragments and cycles; computed when first asked for."""
        used = self.used_edges
        return structure_of(
            StructureInput(
                time=self.time,
                cause=used.cause,
                effect=used.effect,
                virtual_cause=pd.factorize(self.virtual["value"])[0].astype(np.int64),
                virtual_effect=self.virtual["node"].to_numpy(np.int64),
                type_rank=text_rank(self.column("event_type")),
                source_rank=text_rank(self.column("source")),
                key=self.column("key"),
            ),
        )

    def layout_breaks(self) -> Flags:
        """Mark, among all edges, those that are left out so that no cycle remains."""
        breaks = np.zeros(len(self.edges), dtype=np.bool_)
        breaks[np.flatnonzero(self.edges.used())[self.structure.layout_break]] = True
        return breaks

    def column(self, name: str) -> pa.Array:
        """Return one attribute of all events."""
        return one_chunk(self.events.column(name))

    def optional(self, name: str) -> pa.Array | None:
        """Return an attribute that a graph may lack, None if no event has it."""
        return self.column(name) if name in self.events.column_names else None

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

    def keys(self, nodes: Ints) -> list[str]:
        """Return the keys of events by their numbers."""
        texts: list[str] = self.column("key").take(pa.array(nodes)).to_pylist()
        return texts
