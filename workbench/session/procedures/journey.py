"""Runs every main feature once for ``workbench demo``: topics, capture, trace, lag and replay, then writes a report."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.session.demonstration import demo
from workbench.session.incident_report import flow_sections, frame_section
from workbench.text import counted

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.report import Section
    from workbench.session.cluster import Cluster
    from workbench.session.snapshot import Snapshot

TOPIC_COLUMNS = [
    "topic",
    "partitions",
    "begin",
    "end",
    "records_at_most",
    "records_per_s",
    "group_ids",
    "cleanup_policy",
]
RANGE_COLUMNS = [
    "topic",
    "partition",
    "from",
    "next",
    "end",
    "missing",
    "compacted",
    "records",
    "without_envelope",
    "raw",
    "damaged",
    "isolation",
    "state",
    "reason",
]


@dataclass
class Journey:
    """The files and results of a run of the demo."""

    snapshot: Path
    report: Path
    state: str
    """State of the replay: ``verified`` when every record was found at the target."""
    lines: list[str] = field(default_factory=list)
    """A line of text for each step."""


async def run_journey(address: str | None, *, rate: float, history_s: float, out: Path) -> Journey:
    """Run the demo on an embedded cluster or a development broker, and write a snapshot and a report.

    Args:
        address: Address or profile of a development broker; None embeds a cluster.
        rate: Records per second of the demo traffic.
        history_s: Seconds of traffic before now.
        out: Folder of ``demo.duckdb`` and ``report.html``, created if it does not exist.
    """
    from workbench.report import write_report

    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    journey = Journey(out / "demo.duckdb", out / "report.html", "planned")
    async with await demo(address, rate=rate, history_s=history_s) as cluster:
        topics = await cluster.topics("onex.dev.*")
        journey.lines.append(
            f"{counted(len(topics), 'topic')}, at most {counted(int(topics['records_at_most'].sum()), 'record')}"
        )
        snap = await cluster.capture("onex.dev.*", start="start", into=journey.snapshot, progress=False)
        with snap:
            steps = await _steps(cluster, snap, journey)
            about = f"What there was when the journey began, on {cluster.name} ({cluster.cluster_id})."
            sections = [frame_section("Topics", about, topics[TOPIC_COLUMNS]), *steps]
    write_report(journey.report, "Demo journey", sections)
    journey.lines.append(f"snapshot {journey.snapshot}, report {journey.report}")
    return journey


async def _steps(cluster: Cluster, snap: Snapshot, journey: Journey) -> list[Section]:
    from workbench.demo.queries import EVENT_COUNTS, LARGEST_WORKFLOW
    from workbench.report import Section

    counts = snap.sql(EVENT_COUNTS)
    journey.lines.append(f"captured {counted(int(counts['n'].sum()), 'event')} of {counted(len(counts), 'type')}")
    correlation = str(snap.sql(LARGEST_WORKFLOW)["correlation_id"].iloc[0])
    trace = snap.trace(correlation_id=correlation)
    journey.lines.append(f"traced correlation {correlation}: {counted(len(trace), 'event')}")
    lag = await cluster.lag("onex.dev.*")
    journey.lines.append(f"lag of {counted(len(lag.groups), 'group')} sampled")
    plan = await cluster.plan(snap.replay(trace))
    report = await cluster.run(plan, confirm=plan.token)
    journey.state = report.state
    journey.lines.append(f"replayed {counted(report.counts['acked'], 'record')}: {report.state}")
    ended = ", ".join(sorted(set(snap.provenance["state"])))
    return [
        frame_section(
            "Captured", "Events by type; without a type are tombstones and what could not be decoded.", counts
        ),
        frame_section("Provenance", f"What the snapshot holds: {ended}.", snap.provenance[RANGE_COLUMNS]),
        *flow_sections(trace, correlation),
        frame_section("Consumer lag", "Offsets between committed and high watermark.", lag.groups),
        Section("Replay", "What was sent, and what was found at the target.", repr(report)),
    ]
