"""What the rules look at: the graph, and answers to other questions, computed when first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from workbench.tracing.clocks.constraints import clocked_edges
from workbench.tracing.clocks.offsets import clock_offsets
from workbench.tracing.graph.once import once
from workbench.tracing.graph.times import resolution_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.tracing.clocks.constraints import ClockedEdges
    from workbench.tracing.clocks.offsets import ClockOffsets
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints
    from workbench.tracing.graph.edges import Edges
    from workbench.tracing.graph.typed_edges import TypedEdges

WHOLE = "the whole snapshot"
_FEWEST_CLOCKS = 2


@dataclass(frozen=True, eq=False)
class Evidence:
    """The events that a rule found, or edges: their effects, with the causes."""

    found: Ints
    """Numbers of events, or of the edges in ``edges``."""
    paired: Ints | None = None
    """Another event that belongs to each."""
    details: Callable[[], list[str]] | None = None
    """Makes a text for each: somebody may ask for the number only."""
    said: str = ""
    """What the message says besides the number."""
    edges: Edges | None = None

    def __len__(self) -> int:
        return len(self.found)

    @property
    def nodes(self) -> Ints:
        """The events."""
        return self.found if self.edges is None else self.edges.effect[self.found]

    @property
    def others(self) -> Ints | None:
        """The cause, or another event that belongs to each."""
        return self.paired if self.edges is None else self.edges.cause[self.found]

    @classmethod
    def of_edges(cls, context: Context, chosen: Ints, details: Callable[[], list[str]] | None = None) -> Evidence:
        """Take some of the used edges, by their numbers."""
        return cls(chosen, details=details, edges=context.graph.used_edges)


class NotChecked(Exception):  # noqa: N818 - no error: a rule lacks what it needs, and says so
    """A rule cannot be checked on this graph; the text says why."""


@dataclass(eq=False)
class Context:
    """One graph, and how to look at it."""

    graph: CausalGraph
    epsilon_us: int | None = None
    end_us: int | Mapping[str, int] | None = None
    """End of the capture; see `workbench.tracing.unfinished.unfinished`."""
    groups: Mapping[str, Sequence[str]] | None = None
    """The consumer groups of each topic; None where nobody recorded any."""
    notes: list[str] = field(default_factory=list)

    @once
    def epsilon(self) -> int:
        """Resolution of the timestamps in microseconds."""
        return resolution_us(self.graph.time) if self.epsilon_us is None else self.epsilon_us

    @property
    def edges(self) -> TypedEdges:
        """The used edges by the types of their ends."""
        return self.graph.typed_edges

    @once
    def clocked(self) -> ClockedEdges:
        """The used edges by the clocks of their ends."""
        return clocked_edges(self.graph)

    @property
    def clock(self) -> Ints:
        """Number of the clock of each event, -1 where unknown."""
        return self.clocked.clock

    @once
    def offsets(self) -> ClockOffsets:
        """The clock offsets.

        Raises:
            NotChecked: Fewer than two clocks are known.
        """
        if np.count_nonzero(self.clocked.weight) < _FEWEST_CLOCKS:
            raise NotChecked("fewer than two clocks are known: events name no source")
        return clock_offsets(self.graph, epsilon_us=self.epsilon, edges=self.clocked)

    @property
    def whole(self) -> bool:
        """Whether the graph is a whole snapshot."""
        return self.graph.provenance.whole

    def codes(self, name: str) -> Ints:
        """Return a text column as codes, -1 where an event has none.

        Raises:
            NotChecked: No event has any.
        """
        if name in self.graph.attributes.names:
            column = self.graph.encoded(name)
            if len(column.dictionary):
                return column.codes
        raise NotChecked(f"no event says its {name.removesuffix('_id')}")
