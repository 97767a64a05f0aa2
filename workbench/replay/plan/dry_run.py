"""The dry run: a plan as text and HTML, for a person who is about to confirm it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.replay.plan.rewritten_texts import rewriting_summary
from workbench.text import (
    Element,
    counted,
    counts_text,
    duration_text,
    element,
    facts,
    fragment,
    listing,
    number_text,
    plural,
    preformatted,
    size_text,
    table,
    text_table,
    time_text,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from workbench.model.feeds import Sample
    from workbench.replay.options import Options
    from workbench.replay.plan.estimates import Estimates, Lane
    from workbench.replay.records.replay_records import ReplayRecords

_LANE_TITLES = ("target", "records", "bytes", "first", "last")
_SAMPLE_TITLES = ("sample", "position", "record")
_LANES_SHOWN = 50
_UNITS = {"transactional": ("transaction",), "idempotent": ("batch", "batches")}
"""What a run writes at once, one and several."""


def summary(records: ReplayRecords, estimates: Estimates, left_out: int) -> list[tuple[str, str]]:
    """Describe a plan by names and values.

    Args:
        records: Records of the plan.
        estimates: Their estimates.
        left_out: Number of refused records that are not sent.
    """
    options, target = records.options, records.facts
    span = "no timestamps"
    if estimates.first_ms is not None and estimates.last_ms is not None:
        span = f"{time_text(estimates.first_ms)} to {time_text(estimates.last_ms)}"
    duration = (
        "as fast as the target takes it" if estimates.duration_s is None else duration_text(estimates.duration_s, "s")
    )
    keys = counted(estimates.distinct_keys, "key")
    types = counts_text(dict(list(estimates.types.items())[:10]))
    groups = ", ".join(
        f"{group.group_id} ({group.state}, lag {number_text(group.lag(target.topics))})" for group in target.groups
    )
    pairs = [
        ("target", ", ".join(f"{source} → {name}" for source, name in sorted(target.targets.items()))),
        ("cluster", f"{target.cluster_id} at {target.address}"),
        ("selection", records.description),
        ("mode", f"{options.mode}, ids {options.ids}, headers {options.headers}, timestamps {options.timestamps}"),
        ("partitions", f"{options.partitions}, order {options.order}"),
        ("records", f"{number_text(estimates.records)}, {keys}, {size_text(estimates.bytes)}"),
        ("rewritten", rewriting_summary(records)),
        ("left out", number_text(left_out) if left_out else ""),
        ("largest", size_text(estimates.largest_bytes)),
        ("tombstones", number_text(estimates.tombstones)),
        ("source times", span),
        ("types", types),
        ("writing", _writing(options, estimates)),
        ("pace", _pace(options)),
        ("brakes", _brakes(options)),
        ("duration", duration),
        ("groups on the target", groups or "none"),
        *(() if records.expected is None else records.expected.lines([one.group_id for one in target.groups])),
        ("run", target.run_id),
    ]
    return [(name, visible(value, None)) for name, value in pairs if value]


def _writing(options: Options, estimates: Estimates) -> str:
    packed = "" if options.compression == "none" else f", compressed by {options.compression}"
    transactions = counted(estimates.transactions, *_UNITS[options.writer])
    return f"{options.writer}, {transactions}{packed}, on error {options.on_error}"


def _pace(options: Options) -> str:
    both = ((options.records_per_s, "records"), (options.bytes_per_s, "bytes"))
    rates = [f"{_rate(rate)} {unit}" for rate, unit in both if rate is not None]
    ramp = f", a tenth of it in the first {duration_text(options.ramp_s, 's')}" if options.ramp_s else ""
    limits = f"at most {' and '.join(rates)} a second{ramp}" if rates else ""
    return "; ".join(filter(None, [_distances(options), limits]))


def _rate(rate: Fraction) -> str:
    return number_text(rate.numerator) if rate.denominator == 1 else f"{float(rate):g}"


def _distances(options: Options) -> str:
    if options.speed is None:
        return ""
    longest = "" if options.max_gap_ms is None else f", waits of at most {duration_text(options.max_gap_ms, 'ms')}"
    return f"original distances, {options.speed} times as fast{longest}"


def _brakes(options: Options) -> str:
    groups = ", ".join(options.brake_groups)
    topics = ", ".join(options.brake_topics)
    limit = "" if options.brake_lag is None else f" by {counted(options.brake_lag, 'record')}"
    fall, gain = plural(len(options.brake_groups), "falls", "fall"), plural(len(options.brake_topics), "gains", "gain")
    parts = [f"waits when {groups} {fall} behind{limit}"] if groups else []
    growth = counted(options.brake_growth, "record")
    return "; ".join([*parts, *([f"waits when {topics} {gain} more than {growth}"] if topics else [])])


@dataclass(frozen=True, slots=True)
class DryRun:
    """The content of a dry run; `text` and `element` render it."""

    token: str
    summary: Sequence[tuple[str, str]]
    lanes: Sequence[Lane]
    samples: Sequence[Sample]
    warnings: Sequence[str]
    refusals: Sequence[str]
    blocked: bool
    """Refusals are left that hold on every connection."""
    diffs: Sequence[tuple[str, str]] = ()
    """Position of some rewritten records, and the difference of their bodies."""
    at_run: Sequence[str] = ()
    """What this connection lacks and the one that runs the plan needs; it is no refusal of the plan."""

    def text(self, command: str | None = None) -> str:
        """Render plain text.

        Args:
            command: What runs the plan; by default the call of Python.
        """
        sections = [
            f"Replay plan {self.token}",
            "\n".join(f"  {name}: {value}" for name, value in self.summary),
            text_table(_LANE_TITLES, self._lane_rows(), numeric=(1, 2)),
            text_table(_SAMPLE_TITLES, self._sample_rows()),
        ]
        for position, diff in self.diffs:
            sections.append("\n".join([position, *(f"  {line}" for line in diff.splitlines())]))
        for title, lines in self._lists():
            if lines:
                sections.append("\n".join([title, *(f"  - {visible(line, None)}" for line in lines)]))
        return "\n\n".join([*sections, self.next_step(command)])

    def element(self) -> Element:
        """Render escaped HTML."""
        children: list[Element] = [
            element("h4", f"Replay plan {self.token}"),
            facts(self.summary),
            table(_LANE_TITLES, self._lane_rows(), numeric=(1, 2)),
            table(_SAMPLE_TITLES, self._sample_rows()),
        ]
        for position, diff in self.diffs:
            children += [element("h5", f"Changes of {position}"), preformatted(diff)]
        for title, lines in self._lists():
            if lines:
                children += [element("h5", title), listing([visible(line, None) for line in lines])]
        return fragment(*children, element("p", self.next_step()), class_="workbench-plan")

    def _lists(self) -> tuple[tuple[str, Sequence[str]], ...]:
        return ("Warnings", self.warnings), ("Needed to run it", self.at_run), ("Refusals", self.refusals)

    def next_step(self, command: str | None = None) -> str:
        """Tell how to send, or that nothing can be sent."""
        if self.blocked:
            return "Refused: nothing can be sent before these are resolved. Nothing was sent."
        if command is not None:
            return f"Nothing was sent. To send:\n\n{command}"
        return f"Nothing was sent. To send: run(plan, confirm={self.token!r})"

    def _lane_rows(self) -> list[tuple[str, str, str, str, str]]:
        rows = [
            (
                visible(lane.name, None),
                number_text(lane.records),
                number_text(lane.bytes),
                "" if lane.first_ms is None else time_text(lane.first_ms),
                "" if lane.last_ms is None else time_text(lane.last_ms),
            )
            for lane in self.lanes[:_LANES_SHOWN]
        ]
        hidden = len(self.lanes) - len(rows)
        return [*rows, (f"{number_text(hidden)} more", "", "", "", "")] if hidden > 0 else rows

    def _sample_rows(self) -> list[tuple[str, str, str]]:
        return [(sample.why, sample.position, sample.text) for sample in self.samples]
