"""The causal graph as people and other parts use it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.errors import UnknownEventError
from workbench.model.causation import EventPosition
from workbench.text import Element, element, visible
from workbench.tracing.critical_path import CriticalPath, critical_path
from workbench.tracing.graph import tables
from workbench.tracing.graph.arrays import Flags, Groups, Ints, reach
from workbench.tracing.graph.structure import GraphStructure, Structure, structure_of, text_rank
from workbench.tracing.text.mermaid import MERMAID_LIMIT, mermaid_text
from workbench.tracing.text.tree import TREE_LIMIT, tree_text

if TYPE_CHECKING:
    import pandas as pd

    from workbench.tracing.graph.components import Components

_SHOWN = 80


class CausalGraph:
    """Events and their causes, of a snapshot or of a selection of it.

    Frames are sorted by (t, id); times are UTC. Made by `build_graph`; `select`, `ancestors` and `descendants` cut
    smaller graphs from it. It satisfies `workbench.model.causation.CausalFacts`.
    """

    def __init__(self, parts: Components) -> None:
        self.parts = parts

    def __len__(self) -> int:
        return len(self.parts)

    @cached_property
    def structure(self) -> Structure:
        """Depth, forests, fragments and cycles as integer arrays; see `workbench.tracing.graph.structure`."""
        parts, used = self.parts, self.used
        numbers = tables.distinct_numbers(parts.virtual["value"])
        return structure_of(
            GraphStructure(
                time=parts.time,
                cause=used.cause,
                effect=used.effect,
                virtual_cause=numbers,
                virtual_effect=parts.virtual["node"].to_numpy(np.int64),
                type_rank=text_rank(tables.column(parts, "event_type")),
                source_rank=text_rank(tables.column(parts, "source")),
                key=tables.column(parts, "key"),
            ),
        )

    @cached_property
    def used(self) -> tables.Links:
        """Edges that the algorithms follow, layout breaks included."""
        return self.parts.links.pick(self.parts.links.used())

    # Frames

    @cached_property
    def events(self) -> pd.DataFrame:
        """One row for each event.

        ``key`` names the event; ``kind`` is a root kind or ``inner``; ``causes`` and ``effects`` count used edges;
        ``copies`` counts further records; ``binding``, ``primary`` and ``root`` are keys; ``hop_us`` is the time from
        the binding cause.
        """
        return tables.events(self.parts, self.structure, self.used)

    @property
    def frame(self) -> pd.DataFrame:
        """The same as `events`."""
        return self.events

    @cached_property
    def edges(self) -> pd.DataFrame:
        """All edges between events by their keys: kind, rank, via, ``hop_us`` (w), ``layout_break``, ``used``."""
        return tables.edges(self.parts, self.structure)

    @cached_property
    def unresolved(self) -> pd.DataFrame:
        """One row for each cause value without an event: reason, H in microseconds, undecodable records within H."""
        return tables.keyed(self.parts, self.parts.unresolved)

    @cached_property
    def copies(self) -> pd.DataFrame:
        """One row for each further record of an event, and for each record that shares an id by mistake."""
        return tables.copies(self.parts)

    @cached_property
    def virtual(self) -> pd.DataFrame:
        """Causes outside the snapshot that several events name: one row for each value and event."""
        return tables.keyed(self.parts, self.parts.virtual)

    @cached_property
    def problems(self) -> pd.DataFrame:
        """``self_cause``, ``cause_disagreement``, ``copy_disagrees`` and ``id_collision`` by event."""
        return tables.keyed(self.parts, self.parts.problems)

    @cached_property
    def outside(self) -> pd.DataFrame:
        """Neighbours beyond the selection."""
        return tables.keyed(self.parts, self.parts.outside)

    @property
    def roots(self) -> pd.DataFrame:
        """Events that start something: ``origin``, ``self`` and ``command``. Orphans and unlinked events are none."""
        return self.events[self.events["kind"].isin(["origin", "self", "command"])]

    @cached_property
    def fragments(self) -> pd.DataFrame:
        """One row for each weakly connected component: events, first and last time, its first event."""
        return tables.fragments(self.parts, self.structure)

    @cached_property
    def cycles(self) -> list[tuple[str, ...]]:
        """Keys of the events of each cycle."""
        return [tuple(self.keys(members)) for members in self.structure.cycles]

    @property
    def layout_breaks(self) -> pd.DataFrame:
        """Edges that are left out so that no cycle remains."""
        return self.edges[self.edges["layout_break"]]

    @property
    def accounting(self) -> dict[str, int]:
        """What became of the declared causes, one outcome for each."""
        counts = self.parts.outcomes["outcome"].value_counts()
        return {str(name): int(count) for name, count in sorted(counts.items()) if count}

    @property
    def hop_bound_us(self) -> float:
        """H for types without enough hops of their own; infinite when no hop is known."""
        return self.parts.origin.bounds.other

    @property
    def records(self) -> int:
        """Records behind the events."""
        return len(self) + int((self.parts.copies["kind"] != "collision").sum())

    @property
    def fell_back(self) -> int:
        """Events without an event time, placed by their record's timestamp."""
        return int(self.parts.fell_back.sum())

    @property
    def provenance(self) -> str:
        """What was read, which clock, and how many events had to fall back to the other."""
        return tables.provenance(self.parts)

    # Selections

    def select(
        self,
        *,
        correlation_id: str | None = None,
        event_id: str | None = None,
        fragment: int | None = None,
    ) -> CausalGraph:
        """Cut a trace out: the events of a correlation, an event with its ancestors and descendants, or a fragment.

        Raises:
            UnknownEventError: There is no such thing in this graph.
            TypeError: Not exactly one of the three was given.
        """
        given = {"correlation_id": correlation_id, "event_id": event_id, "fragment": fragment}
        wanted = {name: value for name, value in given.items() if value is not None}
        if len(wanted) != 1:
            raise TypeError("Give exactly one of correlation_id=, event_id= and fragment=.")
        name, value = wanted.popitem()
        if event_id is not None:
            starts = self.nodes_of(event_id)
            chosen = self._reached(starts, backwards=True) | self._reached(starts, backwards=False)
            chosen[starts] = True
        elif correlation_id is not None:
            chosen = tables.equals(self.parts, "correlation_id", correlation_id)
        else:
            chosen = self.structure.fragment == fragment
        if not chosen.any():
            raise UnknownEventError(
                f"No event of {self.parts.origin.selection} has {name} {visible(str(value), _SHOWN)}. "
                "Look at graph.events for what is there.",
                wanted=str(value),
            )
        return self._cut(chosen, f"{name} {value}")

    def descendants(self, event_id: str) -> CausalGraph:
        """Everything that came of an event through used edges, without the event itself."""
        starts = self.nodes_of(event_id)
        chosen = self._reached(starts, backwards=False)
        chosen[starts] = False
        return self._cut(chosen, f"descendants of {event_id}")

    def ancestors(self, event_id: str) -> CausalGraph:
        """Everything that led to an event through used edges, without the event itself."""
        starts = self.nodes_of(event_id)
        chosen = self._reached(starts, backwards=True)
        chosen[starts] = False
        return self._cut(chosen, f"ancestors of {event_id}")

    def nodes_of(self, event_id: str) -> Ints:
        """Numbers of the events with this id or key: several where an id is shared.

        Raises:
            UnknownEventError: There is none; the message says so if events name it as their cause.
        """
        found = np.flatnonzero(
            tables.equals(self.parts, "event_id", event_id) | tables.equals(self.parts, "key", event_id),
        )
        if not len(found):
            naming = int((self.parts.unresolved["value"] == event_id).sum())
            hint = f" {naming:,} events name it as their cause, so it was not captured." if naming else ""
            raise UnknownEventError(
                f"No event of {self.parts.origin.selection} has the id {visible(event_id, _SHOWN)}.{hint} "
                "Look at graph.events for what is there.",
                wanted=event_id,
            )
        return found

    def keys(self, nodes: Ints) -> list[str]:
        """Keys of events by their numbers."""
        texts: list[str] = tables.column(self.parts, "key").take(pa.array(nodes)).to_pylist()
        return texts

    def _reached(self, starts: Ints, *, backwards: bool) -> Flags:
        near, far = (self.used.effect, self.used.cause) if backwards else (self.used.cause, self.used.effect)
        return reach(Groups.of(near, len(self), far), starts, len(self))

    def _cut(self, chosen: Flags, selection: str) -> CausalGraph:
        return CausalGraph(self.parts.restrict(chosen, selection))

    # What replay asks

    def positions(self) -> tuple[EventPosition, ...]:
        """Where the canonical record of each event lies."""
        return self._positions(np.arange(len(self)))

    def root_positions(self) -> tuple[EventPosition, ...]:
        """Where the events lie none of whose used causes is selected."""
        caused = np.zeros(len(self), dtype=np.bool_)
        caused[self.used.effect] = True
        return self._positions(np.flatnonzero(~caused))

    def boundary(self) -> tuple[int, int]:
        """Used causes that the selection cuts, and effects that it leaves outside."""
        used = self.parts.outside[self.parts.outside["kind"].isin(["explicit", "span"])]
        return int((used["direction"] == "cause").sum()), int((used["direction"] == "effect").sum())

    def _positions(self, nodes: Ints) -> tuple[EventPosition, ...]:
        columns = self.parts.attributes.select(list(EventPosition._fields)).take(pa.array(nodes))
        return tuple(map(EventPosition, *(column.to_pylist() for column in columns.columns)))

    def critical_path(self, event_id: str | None = None) -> CriticalPath:
        """What the end of this trace waited for: path, slack, float, saving.

        Args:
            event_id: The event that ends the path; None takes the last one.
        """
        return critical_path(self, event_id)

    # Text

    def tree(self, limit: int = TREE_LIMIT) -> str:
        """Write the graph as a text tree of at most ``limit`` events; what is left out is counted."""
        return tree_text(self.parts, self.structure, self.used, limit=limit)

    def mermaid(self, limit: int = MERMAID_LIMIT) -> str:
        """Write the graph as a Mermaid flow chart of at most ``limit`` events, every text escaped, never payload."""
        return mermaid_text(self.parts, self.structure, limit=limit)

    def __repr__(self) -> str:
        return self.tree()

    def _repr_html_(self) -> str:
        return _preformatted(self.tree()).render()


def _preformatted(text: str) -> Element:
    return element("pre", text)
