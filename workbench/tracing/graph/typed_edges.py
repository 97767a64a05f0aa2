"""The edges of a graph by the types of their ends: several questions count and measure them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.ends import Ends
from workbench.tracing.graph.once import once
from workbench.tracing.graph.spread import Spread, spread_of_groups
from workbench.tracing.graph.tallies import count_fans, number_pairs
from workbench.tracing.graph.times import hops

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.attributes import EventAttributes
    from workbench.tracing.graph.edges import Edges


@dataclass(frozen=True, slots=True)
class Fans:
    """The effects of each event by their type: one entry for each pair of types and cause, ascending by both."""

    starts: Ints
    """Where the entries of each pair of types start, one more than there are pairs; each has some."""
    cause: Ints
    n: Ints
    """How many effects of that type the cause has."""


@dataclass(frozen=True, eq=False)
class TypedEdges:
    """The used edges, numbered by the pair of types at their ends."""

    attributes: EventAttributes
    used: Edges
    time: Ints

    @once
    def names(self) -> pa.Array:
        """The types by their code; the last one is null, for events without a type."""
        names = self.attributes.encoded("event_type").dictionary
        return pa.concat_arrays([names, pa.nulls(1, names.type)])

    @once
    def kind(self) -> Ints:
        """Code of the type of each event."""
        types = self.attributes.encoded("event_type")
        if types.codes.min(initial=0) >= 0:
            return types.codes
        return np.where(types.codes < 0, np.int32(len(types.dictionary)), types.codes)

    @once
    def _numbered(self) -> tuple[Ints, Ints]:
        return number_pairs(self.kind, self.used.cause, self.used.effect, len(self.names))

    @property
    def place(self) -> Ints:
        """Number of the pair of types of each edge."""
        return self._numbered[1]

    @once
    def pairs(self) -> tuple[Ints, Ints]:
        """Types of the cause and of the effect of each pair that occurs."""
        pairs = self._numbered[0]
        return pairs // len(self.names), pairs % len(self.names)

    @once
    def ends(self) -> Ends:
        """The edges, to be passed over."""
        return Ends(self.used.cause, self.used.effect, len(self.time))

    def hops(self, edges: Ints | None = None) -> tuple[Ints, Flags]:
        """Return the microseconds between the ends of some edges, by default of all; and whether both have a time.

        They are not kept: eight bytes for each edge are more than its ends take.
        """
        if edges is None:
            return self.ends.hops(self.time)
        return hops(self.time, self.used.cause[edges], self.used.effect[edges])

    @once
    def spread(self) -> Spread:
        """How long the hops of each pair take."""
        return spread_of_groups(*self.ends.hops_at(self.time, self.place, len(self.pairs[0])))

    @once
    def fans(self) -> Fans:
        """The effects of each event by their type."""
        below = Groups.of(self.used.cause, len(self.kind))
        return Fans(*count_fans(below.starts, below.members, self.place, len(self.pairs[0])))
