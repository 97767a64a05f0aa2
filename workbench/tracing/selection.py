"""Selections of a causal graph: one correlation, an event with its ancestors and descendants, one fragment."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import UnknownEventError
from workbench.model.causation import EventPosition
from workbench.text import counted, is_position, parse_position, plural, visible
from workbench.tracing.graph.arrays import Groups, reach
from workbench.tracing.graph.columns import flags
from workbench.tracing.graph.subgraph import subgraph
from workbench.tracing.missing_ids import missing_ids_text

if TYPE_CHECKING:
    from collections.abc import Collection

    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints

_ID_LIMIT = 80
_TRACE_DIGITS = 32
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
_HINTS = {
    "correlation_id": "`snap.flows()` (`workbench flows`) lists those that are there.",
    "event_id": "`snap.query('{}')` (`workbench query`) lists the events.",
}
_HINT = "Look at the frame of the graph for what is there."


def select(
    graph: CausalGraph,
    *,
    correlation_id: str | None = None,
    event_id: str | None = None,
    trace_id: str | None = None,
    fragment: int | None = None,
) -> CausalGraph:
    """Keep the events of a correlation or trace context, an event with its ancestors and descendants, or a fragment.

    Raises:
        UnknownEventError: There is no such thing in this graph.
        TypeError: Not exactly one of the four was given.
    """
    given = {"correlation_id": correlation_id, "event_id": event_id, "trace_id": trace_id, "fragment": fragment}
    wanted = {name: value for name, value in given.items() if value is not None}
    if len(wanted) != 1:
        raise TypeError("Give exactly one of correlation_id=, event_id=, trace_id= and fragment=.")
    for name in ("correlation_id", "event_id", "trace_id"):
        check_text(name, wanted.get(name, ""))
    if event_id is not None:
        starts = find_events(graph, event_id)
        chosen = reached(graph, starts, backwards=True) | reached(graph, starts, backwards=False)
        chosen[starts] = True
    elif correlation_id is not None:
        chosen = _equals(graph, "correlation_id", correlation_id)
    elif trace_id is not None:
        chosen = _equals(graph, "trace_id", spelled_trace_id(trace_id))
    else:
        chosen = graph.structure.fragment == fragment
    name, value = wanted.popitem()
    if not chosen.any():
        shown = visible(str(value), _ID_LIMIT) or "(an empty text)"
        hint = missing_ids_text(graph, name) or _HINTS.get(name, _HINT)
        raise UnknownEventError(
            f"No event of {graph.provenance.selection} has {name} {shown}. {hint}", wanted=str(value)
        )
    return subgraph(graph, chosen, f"{name.removesuffix('_id')} {value}")


def check_text(name: str, given: object) -> None:
    """Check that an id is a text, as ids in events are.

    Raises:
        TypeError: It is not.
    """
    if not isinstance(given, str):
        raise TypeError(f"{name}={given!r} is no text: ids are texts, so write it in quotes.")


def spelled_trace_id(text: str) -> str:
    """Return a trace id as events hold it: 32 digits in lower case; a whole W3C trace parent names one, too."""
    digits = text.strip().lower()
    if found := _TRACEPARENT.fullmatch(digits):
        return found[1]
    return digits.rjust(_TRACE_DIGITS, "0")


def descendants(graph: CausalGraph, event_id: str) -> CausalGraph:
    """Keep everything that an event led to through used edges, without the event itself.

    Raises:
        UnknownEventError: There is no such event in this graph.
    """
    return subgraph(graph, _relatives(graph, event_id, backwards=False), f"descendants of {event_id}")


def ancestors(graph: CausalGraph, event_id: str) -> CausalGraph:
    """Keep everything that led to an event through used edges, without the event itself.

    Raises:
        UnknownEventError: There is no such event in this graph.
    """
    return subgraph(graph, _relatives(graph, event_id, backwards=True), f"ancestors of {event_id}")


def find_events(graph: CausalGraph, event_id: str) -> Ints:
    """Return the numbers of the events with this id or key, or whose record has this ``topic/partition@offset``.

    There are several where an id is shared.

    Raises:
        UnknownEventError: There is none; the message says so if events name it as their cause.
        PositionError: It has the form of a position, with a number that is too large.
    """
    check_text("event_id", event_id)
    found = np.flatnonzero(_equals(graph, "event_id", event_id) | _equals(graph, "key", event_id))
    if not len(found) and is_position(event_id):
        found = np.flatnonzero(_at_position(graph, event_id))
    if not len(found):
        naming = int((graph.unresolved["value"] == event_id).sum())
        hint = (
            f" {counted(naming, 'event')} {plural(naming, 'names', 'name')} it as a cause, so it was not captured."
            if naming
            else ""
        )
        if linked := _linked(graph, event_id):
            hint += f" {counted(linked, 'event')} {plural(linked, 'has', 'have')} it as a further id: query link_id."
        shown = visible(event_id, _ID_LIMIT) or "(an empty text)"
        hint += f" {missing_ids_text(graph, 'event_id') or _HINTS['event_id']}"
        raise UnknownEventError(f"No event of {graph.provenance.selection} has the id {shown}.{hint}", wanted=event_id)
    return found


def reached(graph: CausalGraph, starts: Ints, *, backwards: bool) -> Flags:
    """Mark what used edges lead to from some events, or lead from when read backwards.

    The events themselves are marked only where an edge leads back to them.
    """
    used = graph.used_edges
    near, far = (used.effect, used.cause) if backwards else (used.cause, used.effect)
    return reach(Groups.of(near, len(graph), far), starts, len(graph))


def positions(graph: CausalGraph) -> tuple[EventPosition, ...]:
    """Return the position of the canonical record of each event, ascending in (t, id)."""
    return positions_of(graph, np.arange(len(graph)))


def root_positions(graph: CausalGraph) -> tuple[EventPosition, ...]:
    """Return the positions of the events none of whose used causes is in the graph."""
    return positions_of(graph, np.flatnonzero(_are_roots(graph)))


def root_types(graph: CausalGraph) -> frozenset[str]:
    """Return the types of these events."""
    types = graph.column("event_type").filter(pa.array(_are_roots(graph)))
    return frozenset(name for name in pc.unique(types).to_pylist() if name)


def _are_roots(graph: CausalGraph) -> Flags:
    caused = np.zeros(len(graph), dtype=np.bool_)
    caused[graph.used_edges.effect] = True
    return ~caused


def boundary(graph: CausalGraph) -> tuple[int, int]:
    """Count the used causes that the selection cuts, and the effects that it leaves outside."""
    used = graph.outside[graph.outside["kind"].isin(["explicit", "span"])]
    return int((used["direction"] == "cause").sum()), int((used["direction"] == "effect").sum())


def with_effects(graph: CausalGraph, wanted: Collection[tuple[int, int, int]]) -> CausalGraph:
    """Keep the events whose records are at these positions, and everything that they led to."""
    starts = np.flatnonzero(_are_at(graph, wanted))
    chosen = reached(graph, starts, backwards=False)
    chosen[starts] = True
    return subgraph(graph, chosen, f"{counted(len(starts), 'record')} and their effects")


def at_positions(graph: CausalGraph, wanted: Collection[tuple[int, int, int]]) -> CausalGraph:
    """Keep the events whose records are at these positions: source id, partition, offset."""
    chosen = _are_at(graph, wanted)
    return subgraph(graph, chosen, counted(int(chosen.sum()), "chosen record"))


def nearest(graph: CausalGraph, event_id: str, chosen: Collection[tuple[int, int, int]]) -> CausalGraph:
    """Keep an event with those of its ancestors and descendants whose records are at these positions.

    The edges that lead on from them are among the cut ones, and the selection says that there are more.
    """
    near = select(at_positions(graph, chosen), event_id=event_id)
    relatives = counted(len(near) - 1, "nearest relative")
    return replace(
        near,
        provenance=replace(
            near.provenance,
            selection=f"event {event_id} and its {relatives} (there are more: snap.graph.select(event_id=…) reads all)",
        ),
    )


def numbers_at(graph: CausalGraph) -> dict[tuple[int, int, int], int]:
    """Return the number of the event at each position: source id, partition, offset."""
    columns = (graph.column(name).to_pylist() for name in ("source_id", "partition", "offset"))
    return {at: number for number, at in enumerate(zip(*columns, strict=True))}


def _are_at(graph: CausalGraph, wanted: Collection[tuple[int, int, int]]) -> Flags:
    marked = np.zeros(len(graph), np.bool_)
    marked[[number for at, number in numbers_at(graph).items() if at in wanted]] = True
    return marked


def _relatives(graph: CausalGraph, event_id: str, *, backwards: bool) -> Flags:
    starts = find_events(graph, event_id)
    chosen = reached(graph, starts, backwards=backwards)
    chosen[starts] = False
    return chosen


def _equals(graph: CausalGraph, name: str, text: str) -> Flags:
    return flags(pc.equal(graph.column(name), pa.scalar(text, pa.large_string())))


def _linked(graph: CausalGraph, text: str) -> int:
    """Count the events that have an id besides their own."""
    lists = graph.optional("link_ids")
    return (
        0
        if lists is None
        else len(pc.unique(pc.list_parent_indices(lists).filter(pc.equal(pc.list_flatten(lists), text))))
    )


def _at_position(graph: CausalGraph, text: str) -> Flags:
    topic, partition, offset = parse_position(text)
    same_offset = pc.and_(pc.equal(graph.column("partition"), partition), pc.equal(graph.column("offset"), offset))
    return _equals(graph, "topic", topic) & flags(same_offset)


def positions_of(graph: CausalGraph, nodes: Ints) -> tuple[EventPosition, ...]:
    """Return the positions of the records of some events by their numbers."""
    columns = graph.rows(EventPosition._fields, nodes)
    return tuple(map(EventPosition, *(column.to_pylist() for column in columns.columns)))
