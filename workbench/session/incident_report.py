"""Writes `Snapshot.report`: what a snapshot holds, its failures and its largest flow, as one static HTML file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from workbench.text import counted, listing, time_text, visible

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from workbench.exploration import EventRate
    from workbench.lag import LagResult
    from workbench.replay.dead_letters.triage import DeadLetters
    from workbench.report import Section
    from workbench.text import Element
    from workbench.tracing.trace import Trace
    from workbench.widgets import CausationGraph

_COUNTS = """
    SELECT topic, event_type, count(*) AS events, min(timestamp_ms) AS first, max(timestamp_ms) AS last
    FROM events GROUP BY ALL ORDER BY events DESC, topic, event_type
"""
_LARGEST_FLOW = """
    SELECT correlation_id, count(*) AS n FROM events WHERE correlation_id IS NOT NULL
    GROUP BY ALL ORDER BY n DESC, correlation_id LIMIT 1
"""
_PROVENANCE = [
    "topic", "partition", "from", "next", "end", "records", "without_envelope", "raw", "damaged", "missing",
    "compacted", "isolation", "state", "reason", "cluster",
]  # fmt: skip
"""What a reader needs of the captured ranges, most wanted first; the snapshot has their other columns."""


class Reported(Protocol):
    """What a report is made of; a `Snapshot` is one."""

    @property
    def path(self) -> Path: ...
    @property
    def provenance(self) -> pd.DataFrame: ...
    def sql(self, query: str) -> pd.DataFrame: ...
    def trace(self, *, correlation_id: str) -> Trace: ...
    def dead_letters(self) -> DeadLetters: ...
    def rate(self) -> EventRate: ...
    def lag(self) -> LagResult: ...
    @property
    def notes(self) -> tuple[str, ...]: ...


def write_incident_report(
    snap: Reported, path: str | os.PathLike[str], *, title: str | None, correlation_id: str | None
) -> Path:
    """Write the report; see `Snapshot.report`."""
    from workbench.report import write_report

    heading = title if title is not None else f"Snapshot {visible(snap.path.name, 80)}"
    return write_report(path, heading, [*_contents(snap), *_flow(snap, correlation_id), *_failures(snap), *_lag(snap)])


def _contents(snap: Reported) -> list[Section]:
    from workbench.report import Section

    counts = snap.sql(_COUNTS)
    counts["first"], counts["last"] = (
        [None if pd.isna(at) else time_text(int(at)) for at in counts[name]] for name in ("first", "last")
    )
    states = ", ".join(sorted(set(snap.provenance["state"]))) or "nothing captured"
    notes = [Section("Notes", "What to know before reading on.", listing(snap.notes))] if snap.notes else []
    rate = snap.rate()
    over_time = [] if rate.frame.empty else [Section("Events over time", "By type.", rate.snapshot().body)]
    return [
        *notes,
        *over_time,
        frame_section("Captured", "Events by topic and type, most frequent first.", counts),
        frame_section("Provenance", f"The offsets that this rests on: {states}.", snap.provenance[_PROVENANCE]),
    ]


def _flow(snap: Reported, correlation_id: str | None) -> list[Section]:
    if correlation_id is None:
        largest = snap.sql(_LARGEST_FLOW)
        if largest.empty:
            return []
        correlation_id = str(largest["correlation_id"].iloc[0])
    return flow_sections(snap.trace(correlation_id=correlation_id), correlation_id)


def _failures(snap: Reported) -> list[Section]:
    letters = snap.dead_letters()
    if letters.frame.empty:
        return []
    about = f"{counted(len(letters.frame), 'dead letter')}, grouped by failure."
    return [frame_section("Dead letters", about, letters.groups)]


def _lag(snap: Reported) -> list[Section]:
    from workbench.report import Section

    lag = snap.lag()
    if lag.frame.empty:
        return []
    return [Section("Consumer lag", "The newest of the samples that were recorded.", lag.snapshot().body)]


def flow_sections(trace: Trace, correlation_id: str) -> list[Section]:
    """Make the drawing, the tree and the counts of one flow."""
    from workbench.report import Section

    about = f"Correlation {correlation_id}"
    types = trace.frame.groupby("event_type").size().rename("events").reset_index()
    return [
        Section("Causal graph", f"{about}: causes left, effects right.", _picture(trace)),
        Section("Causal tree", "The same flow as text.", repr(trace)),
        frame_section("Counts of the traced flow", f"{about}.", types),
    ]


def frame_section(title: str, about: str, frame: Any) -> Section:
    """Make a section of the first rows of a frame."""
    from workbench.report import Section, frame_table

    return Section(title, about, frame_table(frame))


def _picture(trace: Trace) -> Element:
    drawing: CausationGraph = trace.show()
    try:
        return drawing.snapshot().body
    finally:
        drawing.close()
