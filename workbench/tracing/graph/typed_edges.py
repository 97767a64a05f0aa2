"""The edges of a graph by the types of their ends: several questions count and measure them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.tracing.graph.arrays import Groups
from workbench.tracing.graph.spread import Spread, spread_of
from workbench.tracing.graph.tallies import count_fans, number_pairs
from workbench.tracing.graph.times import hops

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.attributes import EventAttributes
    from workbench.tracing.graph.edges import Edges


@dataclass(frozen=True, slots=True)
class Fans:
    """The effects of each event by their type: one entry for each cause and type, by cause."""

    cause: Ints
    place: Ints
    """Number of the pair of types."""
    n: Ints


@dataclass(frozen=True, eq=False)
class TypedEdges:
    """The used edges, numbered by the pair of types at their ends."""

    attributes: EventAttributes
    used: Edges
    time: Ints

    @cached_property
    def names(self) -> pa.Array:
        """The types by their code; the last one is null, for events without a type."""
        names = self.attributes.encoded("event_type").dictionary
        return pa.concat_arrays([names, pa.nulls(1, names.type)])

    @cached_property
    def kind(self) -> Ints:
        """Code of the type of each event."""
        types = self.attributes.encoded("event_type")
        return np.where(types.codes < 0, np.int32(len(types.dictionary)), types.codes)

    @cached_property
    def _numbered(self) -> tuple[Ints, Ints]:
        return number_pairs(self.kind, self.used.cause, self.used.effect, len(self.names))

    @property
    def place(self) -> Ints:
        """Number of the pair of types of each edge."""
        return self._numbered[1]

    @cached_property
    def pairs(self) -> tuple[Ints, Ints]:
        """Types of the cause and of the effect of each pair that occurs."""
        pairs = self._numbered[0]
        return pairs // len(self.names), pairs % len(self.names)

    @cached_property
    def _hops(self) -> tuple[Ints, Flags]:
        return hops(self.time, self.used.cause, self.used.effect)

    @property
    def hop(self) -> Ints:
        """Microseconds between the ends of each edge, 0 where a time is unknown."""
        return self._hops[0]

    @property
    def timed(self) -> Flags:
        """Mark the edges of which both ends have a time."""
        return self._hops[1]

    @cached_property
    def spread(self) -> Spread:
        """How long the hops of each pair take."""
        place, hop = (self.place, self.hop) if self.timed.all() else (self.place[self.timed], self.hop[self.timed])
        return spread_of(place, hop, len(self.pairs[0]))

    def forget(self) -> None:
        """Drop what takes most memory, hops and fans; they are made again when somebody asks for them.

        How hops spread is kept.
        """
        _ = self.spread
        for name in ("_hops", "fans"):
            vars(self).pop(name, None)

    @cached_property
    def fans(self) -> Fans:
        """The effects of each event by their type."""
        below = Groups.of(self.used.cause, len(self.kind))
        return Fans(*count_fans(below.starts, below.members, self.place, len(self.pairs[0])))
