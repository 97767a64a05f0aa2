"""A plan in words: the dry run that a person reads before confirming."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.replay.records.provenance import utc_text
from workbench.text import Element, element, facts, fragment, listing, table, text_table, visible

if TYPE_CHECKING:
    from workbench.replay.plan.plan import Plan

_LANE_TITLES = ("target", "records", "bytes", "first", "last")
_SAMPLE_TITLES = ("sample", "position", "record")
_LANES_SHOWN = 50


def summary(plan: Plan) -> list[tuple[str, str]]:
    """Facts of a plan, as names and values."""
    options, estimates = plan.options, plan.estimates
    span = "no timestamps"
    if estimates.first_ms is not None and estimates.last_ms is not None:
        span = f"{utc_text(estimates.first_ms)} to {utc_text(estimates.last_ms)}"
    duration = "as fast as the target takes it" if estimates.duration_s is None else f"{estimates.duration_s:,.1f} s"
    types = ", ".join(f"{name} {count:,}" for name, count in list(estimates.types.items())[:10])
    groups = ", ".join(
        f"{group.group_id} ({group.state}, lag {group.lag(plan.facts.topics):,})" for group in plan.facts.groups
    )
    pairs = [
        ("target", ", ".join(f"{source} → {target}" for source, target in sorted(plan.facts.targets.items()))),
        ("cluster", f"{plan.facts.cluster_id} at {plan.facts.address}"),
        ("selection", plan.material.description),
        ("mode", f"{options.mode}, ids {options.ids}, headers {options.headers}, timestamps {options.timestamps}"),
        ("partitions", f"{options.partitions.to_json()}, order {options.order}"),
        ("records", f"{estimates.records:,} ({estimates.bytes:,} bytes, {estimates.distinct_keys:,} keys)"),
        ("left out", f"{len(plan.left_out):,}" if plan.left_out else ""),
        ("largest", f"{estimates.largest_bytes:,} bytes"),
        ("tombstones", f"{estimates.tombstones:,}"),
        ("source times", span),
        ("types", types),
        ("writing", f"{options.writer}, {estimates.transactions:,} transactions, on error {options.on_error}"),
        ("duration", duration),
        ("groups on the target", groups or "none"),
        ("run", plan.run_id),
    ]
    return [(name, visible(value, None)) for name, value in pairs if value]


def _lanes(plan: Plan) -> list[tuple[str, str, str, str, str]]:
    rows = [
        (
            f"{lane.topic}/{lane.partition}",
            f"{lane.records:,}",
            f"{lane.bytes:,}",
            "" if lane.first_ms is None else utc_text(lane.first_ms),
            "" if lane.last_ms is None else utc_text(lane.last_ms),
        )
        for lane in plan.estimates.lanes[:_LANES_SHOWN]
    ]
    hidden = len(plan.estimates.lanes) - len(rows)
    return [*rows, (f"{hidden} more", "", "", "", "")] if hidden > 0 else rows


def ending(plan: Plan) -> str:
    """What to do next."""
    if plan.blocking:
        return "Refused: nothing can be sent before these are resolved. Nothing was sent."
    return f"Nothing was sent. To send: run(plan, confirm={plan.token!r})"


def as_text(plan: Plan) -> str:
    """The dry run as plain text."""
    parts = [
        f"Replay plan {plan.token}",
        "\n".join(f"  {name}: {value}" for name, value in summary(plan)),
        text_table(_LANE_TITLES, _lanes(plan), numeric=(1, 2)),
        text_table(_SAMPLE_TITLES, [(s.why, s.position, s.text) for s in plan.samples]),
    ]
    if plan.warnings:
        parts.append("\n".join(["Warnings", *(f"  - {visible(text, None)}" for text in plan.warnings)]))
    if plan.refusals:
        parts.append("\n".join(["Refusals", *(f"  - {visible(str(refusal), None)}" for refusal in plan.refusals)]))
    return "\n\n".join([*parts, ending(plan)])


def as_element(plan: Plan) -> Element:
    """The dry run as escaped HTML."""
    samples = [(sample.why, sample.position, sample.text) for sample in plan.samples]
    children: list[Element] = [
        element("h4", f"Replay plan {plan.token}"),
        facts(summary(plan)),
        table(_LANE_TITLES, _lanes(plan), numeric=(1, 2)),
        table(_SAMPLE_TITLES, samples),
    ]
    if plan.warnings:
        children += [element("h5", "Warnings"), listing([visible(text, None) for text in plan.warnings])]
    if plan.refusals:
        children += [element("h5", "Refusals"), listing([visible(str(refusal), None) for refusal in plan.refusals])]
    return fragment(*children, element("p", ending(plan)), class_="workbench-plan")
