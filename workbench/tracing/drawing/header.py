"""Writes the figures above a drawing and the notes below it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.model.causation import GraphHeader
from workbench.text import counted
from workbench.tracing.graph.times import NO_TIME
from workbench.tracing.tables import record_count
from workbench.tracing.text.labels import (
    copy_kind_counts,
    reason_counts,
    root_counts,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.tracing.drawing.marks import Marks


def header_of(marks: Marks) -> GraphHeader:
    """Count the whole selection, and how much of it is drawn."""
    graph = marks.graph
    shown = len(marks.folding.shown)
    return GraphHeader(
        events_shown=shown,
        events_folded=len(graph) - shown,
        events_total=len(graph),
        records_total=record_count(graph),
        edges_total=len(graph.used_edges),
        roots=_pairs(root_counts(graph)),
        fragments=graph.structure.fragments,
        unresolved=_pairs(reason_counts(graph)),
        copies=_pairs(copy_kind_counts(graph)),
        cycles=len(graph.structure.cycles),
        clock=graph.provenance.clock,
        fell_back=int(graph.fell_back.sum()),
        without_time=int((graph.time == NO_TIME).sum()),
    )


def _pairs(counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    return tuple(counts.items())


def notes_of(marks: Marks, *, lanes_merged: int, layered: bool = True) -> tuple[str, ...]:
    """Write what a reader must know about this drawing: what was folded, left out or drawn together."""
    notes = []
    folded = len(marks.graph) - len(marks.folding.shown)
    if folded:
        notes.append(
            f"{counted(folded, 'event')} folded into {counted(len(marks.folding.groups), 'group')}, open on demand"
        )
    if marks.hidden_virtual:
        notes.append(f"{counted(marks.hidden_virtual, 'more shared cause')} outside the snapshot not drawn")
    if marks.hidden_outside:
        notes.append(f"{counted(marks.hidden_outside, 'more neighbour')} outside the selection not drawn")
    if lanes_merged:
        notes.append(f"the smallest {counted(lanes_merged, 'lane')} are drawn as one")
    if marks.graph.structure.cycles:
        drawn = "drawn against the flow and left out of the layers" if layered else "left out of the order of rows"
        notes.append(f"edges that close a cycle are {drawn}")
    return tuple(notes)
