"""What the rules look at: the graph, and answers to other questions, computed when first asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.tracing.clocks.constraints import clocks_of
from workbench.tracing.clocks.offsets import clock_offsets
from workbench.tracing.graph.times import resolution_us

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.tracing.clocks.offsets import ClockOffsets
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.typed_edges import TypedEdges

WHOLE = "the whole snapshot"


@dataclass(frozen=True, eq=False)
class Evidence:
    """The events that a rule found."""

    nodes: Ints
    others: Ints | None = None
    """The cause, or another event that belongs to each."""
    details: Callable[[], list[str]] | None = None
    """Makes a text for each: somebody may ask for the number only."""
    said: str = ""
    """What the message says besides the number."""

    def __len__(self) -> int:
        return len(self.nodes)

    @classmethod
    def of_edges(cls, context: Context, chosen: Flags | Ints, said: str = "") -> Evidence:
        """Take some of the used edges: the effects, with their causes."""
        used = context.graph.used_edges.pick(chosen)
        return cls(used.effect, used.cause, said=said)


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

    @cached_property
    def epsilon(self) -> int:
        """Resolution of the timestamps in microseconds."""
        return resolution_us(self.graph.time) if self.epsilon_us is None else self.epsilon_us

    @property
    def edges(self) -> TypedEdges:
        """The used edges by the types of their ends."""
        return self.graph.typed_edges

    @cached_property
    def clock(self) -> Ints:
        """Number of the clock of each event, -1 where unknown."""
        return clocks_of(self.graph)[1]

    @cached_property
    def offsets(self) -> ClockOffsets:
        """The clock offsets.

        Raises:
            NotChecked: Fewer than two clocks are known.
        """
        first = int(self.clock.max(initial=-1))
        if first < 0 or not ((self.clock >= 0) & (self.clock != first)).any():
            raise NotChecked("fewer than two clocks are known: events name no source")
        return clock_offsets(self.graph, epsilon_us=self.epsilon)

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
