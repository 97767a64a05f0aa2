"""The rules, in one list, and the answer of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias, get_args

import numpy as np
import pandas as pd

from workbench.errors import TableError
from workbench.text import counted, visible
from workbench.tracing.answers import Answer
from workbench.tracing.findings import causes, times
from workbench.tracing.findings.context import Context, NotChecked
from workbench.tracing.graph.arrays import paired
from workbench.tracing.graph.beside import Beside
from workbench.tracing.located import Located, frame_positions
from workbench.tracing.text.labels import short_titles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.model.causation import EventPosition
    from workbench.tracing.findings.context import Evidence
    from workbench.tracing.graph import CausalGraph

Severity: TypeAlias = Literal["error", "warn", "info"]
_SHOWN = 3
"""Events that are named as examples."""
SEVERITIES: tuple[Severity, ...] = ("error", "warn", "info")
Subject: TypeAlias = Literal["correlations", "types", "clocks", "places", "causes"]
SUBJECTS: tuple[Subject, ...] = get_args(Subject)
"""What takes longest comes first, so that two threads are busy to the end."""


class Rule(NamedTuple):
    """One thing that can be wrong."""

    name: str
    severity: Severity
    says: str
    """What the events did, after their number: ``12 events …``."""
    find: Callable[[Context], Evidence]
    query: str
    """Python that shows the same events, with ``trace`` as the trace."""
    subject: Subject = "causes"
    """What it looks at. The rules of one subject share what they make of the graph."""
    noun: str = "event"


def _of_copies(kind: str, says: str) -> Rule:
    query = f"trace.copies[trace.copies.kind == '{kind}']"
    return Rule(f"duplicate_{kind}", "info", says, causes.copies(kind), query, noun="copy")


def _of_reason(rule: str, severity: Severity, reason: str, says: str) -> Rule:
    query = f"trace.unresolved[trace.unresolved.reason == '{reason}']"
    return Rule(rule, severity, says, causes.unresolved(reason), query, noun="cause")


def _of_problem(name: str, severity: Severity, says: str) -> Rule:
    query = f"trace.problems[trace.problems.problem == '{name}']"
    return Rule(name, severity, says, causes.problem(name), query)


_EDGES = "trace.edges[trace.edges.used & (trace.edges.hop_us < 0)]"
_BY_CORRELATION = "trace.frame.groupby('correlation_id')"

RULES: tuple[Rule, ...] = (
    _of_reason("missing_cause", "error", "missing", "named by nobody else, not captured"),
    _of_reason("truncated_cause", "info", "truncated", "perhaps before the capture"),
    _of_reason("external_cause", "info", "external", "outside the snapshot, named by several events"),
    _of_problem("cause_disagreement", "warn", "whose fields name different causes"),
    Rule("ambiguous_cause", "warn", "whose cause several events could be", causes.ambiguous,
         "trace.edges[trace.edges.kind == 'ambiguous']"),
    _of_problem("copy_disagrees", "warn", "whose copies name other causes"),
    Rule("unlinked", "info", "saying nothing of their cause", causes.unlinked,
         "trace.frame[trace.frame.kind == 'unlinked']", "places"),
    _of_problem("self_cause", "info", "naming themselves as their cause"),
    Rule("cycle", "error", "causing each other in a circle", causes.cycle, "trace.cycles"),
    _of_copies("retry", "sent twice by the producer"),
    _of_copies("mirror", "on another topic or cluster"),
    _of_copies("repartitioned", "on another partition"),
    _of_copies("handled", "one for each handler"),
    _of_copies("replay", "replayed"),
    _of_copies("dead_letter", "dead-lettered"),
    _of_problem("id_collision", "error", "sharing an id with a different event"),
    Rule("correlation_break", "warn", "whose cause has another correlation", causes.correlation_break,
         f"trace.edges[trace.edges.used], {_BY_CORRELATION}", "correlations"),
    Rule("correlation_missing", "warn", "without the correlation that their cause has", causes.correlation_missing,
         "trace.frame[trace.frame.correlation_id.isna()]", "correlations"),
    Rule("several_roots", "info", "at the beginning of a correlation with several beginnings", causes.several_roots,
         f"{_BY_CORRELATION}['fragment'].nunique()", "correlations"),
    Rule("negative_hop", "warn", "earlier than their cause", times.negative_hop, _EDGES, "clocks"),
    Rule("negative_hop_corrected", "error", "earlier than their cause after clock correction",
         times.negative_hop_corrected, "trace.clock()", "clocks"),
    Rule("negative_hop_same_clock", "error", "earlier than their cause by the same clock",
         times.negative_hop_same_clock, _EDGES, "clocks"),
    Rule("clock_offset", "info", "proving that two clocks differ", times.clock_offset,
         "trace.clock().bounds.query('proven')", "clocks", "edge"),
    Rule("clock_contradiction", "warn", "by which clocks exclude each other", times.clock_contradiction,
         "trace.clock().contradictions", "clocks", "edge"),
    Rule("clock_drift", "warn", "of clocks whose difference changed", times.clock_drift,
         "trace.clock().drift", "clocks", "pair"),
    Rule("environment_crossing", "error", "whose cause is in another environment", causes.crossing("environment"),
         "trace.edges[trace.edges.used]"),
    Rule("tenant_crossing", "error", "whose cause belongs to another tenant", causes.crossing("tenant"),
         "trace.edges[trace.edges.used]"),
    Rule("principal_change", "info", "whose cause has another principal", causes.crossing("principal"),
         "trace.edges[trace.edges.used]"),
    Rule("skipped_ancestor", "warn", "naming the cause of their usual cause", causes.skipped_ancestor,
         "trace.type_map()", "types"),
    Rule("unfinished", "warn", "without an effect that nearly all of their type have", times.unfinished_flow,
         "trace.unfinished()", "types"),
    Rule("late_hop", "warn", "much later than usual", times.late_hop,
         "trace.timing_profile().late(trace.data)", "types"),
    Rule("fan_out_outlier", "warn", "with far more effects than usual", times.fan_out_outlier,
         "trace.frame.sort_values('effects', ascending=False)", "types"),
    Rule("ping_pong", "warn", "whose type occurs five times or more on their path", times.ping_pong,
         "trace.ancestors(EVENT).frame", "types"),
    Rule("retry_storm", "error", "with ten effects of one type within a minute, or replayed more than twice",
         times.retry_storm, "trace.descendants(EVENT).frame", "types"),
    Rule("time_back", "info", "earlier than one at a smaller offset", times.time_back,
         "trace.frame.sort_values(['topic', 'partition', 'offset'])", "places"),
    Rule("dead_end", "info", "at the end of a topic whose events have no effect", times.dead_end,
         "trace.type_map('topic')", "places"),
    Rule("missing_instrumentation", "info", "nearly always following another type, never by a cause",
         times.missing_instrumentation, "trace.directly_follows()", "correlations", "pair"),
    Rule("record_problem", "info", "noted by decoding", causes.record_problems,
         "snap.sql('select topic, source, unnest(problems) p, count(*) from events group by all')", noun="problem"),
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Findings(Answer, Located):
    """What is wrong or strange, worst first."""

    frame: pd.DataFrame
    """rule, severity, n, known (covered by exceptions), message, query: one row for each rule that found something."""
    unchecked: dict[str, str]
    """Rules that could not be checked, with the reason. They have not passed."""
    provenance: str
    graph: CausalGraph
    found: Mapping[str, Evidence]
    """The events that each rule found, by their numbers in the graph."""
    exceptions: Sequence[Mapping[str, str]]

    @cached_property
    def evidence(self) -> pd.DataFrame:
        """Return what each rule found: one row for each event or pair of events, with the position of the event.

        rule, event, other (its cause, or the event it belongs to), detail, known (reason of the exception), source_id,
        topic, partition, offset: replay takes these positions.
        """
        return _all_evidence(self.graph, self.found, self.exceptions)

    @property
    def summary(self) -> str:
        """What a replay of the evidence is called."""
        return f"findings of {self.provenance}"

    def positions(self) -> tuple[EventPosition, ...]:
        """Return the positions of the evidence, known exceptions left out."""
        return frame_positions(self.evidence[self.evidence["known"].isna()])

    def events(self, rule: str) -> list[str]:
        """Return the keys of the events that a rule found.

        Raises:
            TableError: There is no such rule.
        """
        if rule not in {one.name for one in RULES}:
            raise TableError(f"There is no rule {visible(str(rule), 60)}; see the column rule of the frame.")
        found: list[str] = self.evidence.loc[self.evidence["rule"] == rule, "event"].to_list()
        return found

    def text(self) -> str:
        """Write the findings, then what could not be checked."""
        open_ = self.frame[self.frame["n"] > self.frame["known"]]
        counts = open_["severity"].value_counts()
        said = ", ".join(f"{name} {counts[name]}" for name in SEVERITIES if name in counts) or "none"
        lines = [f"findings: {said} · {visible(self.provenance, 120)}"]
        for row in self.frame.to_dict("records"):
            known = f" ({row['known']} known)" if row["known"] else ""
            lines.append(f"  {row['severity']:5}  {row['rule']}: {row['message']}{known}")
            if row["n"] > row["known"]:
                lines.append(f"         {self._examples(row['rule'])}")
        if self.unchecked:
            reasons = "; ".join(f"{name} ({reason})" for name, reason in self.unchecked.items())
            lines.append(f"  not checked: {reasons}")
        return "\n".join(lines)

    def _examples(self, rule: str) -> str:
        """Name the first events, or pairs of events, that no exception covers."""
        found = self.found[rule]
        nodes, others = found.nodes, np.full(len(found), -1) if found.others is None else found.others
        pairs = paired(nodes, others + 1, len(self.graph) + 1)
        if self.exceptions:
            mine = self.evidence["rule"] == rule
            open_ = np.flatnonzero(self.evidence.loc[mine, "known"].isna())
        else:
            open_ = np.arange(len(found))
        different = np.sort(open_[np.unique(pairs[open_], return_index=True)[1]])
        first = different[:_SHOWN]
        title = short_titles(self.graph, np.concatenate([others[first], nodes[first]]).clip(min=0))
        shown = [
            f"{before} → {after}" if cause >= 0 else after
            for cause, before, after in zip(
                others[first].tolist(), title[: len(first)], title[len(first) :], strict=True
            )
        ]
        rest = len(different) - len(first)
        return ", ".join(shown) + (f" and {rest:,} more" if rest else "")


def find_all(
    graph: CausalGraph,
    *,
    epsilon_us: int | None = None,
    end_us: int | Mapping[str, int] | None = None,
    known: Sequence[Mapping[str, str]] = (),
    groups: Mapping[str, Sequence[str]] | None = None,
) -> Findings:
    """Check every rule.

    Args:
        graph: A graph.
        epsilon_us: Resolution of the timestamps; by default read off the times.
        end_us: End of the capture, for unfinished flows.
        known: Exceptions: ``rule``, ``reason`` and perhaps ``condition``, a query over the columns of the evidence,
            such as ``"topic == 'legacy'"``. What they cover is counted, not hidden.
        groups: The consumer groups of each topic, None where they are not known.

    Raises:
        TableError: An exception names no rule, or its condition cannot be evaluated.
    """
    context = Context(graph, epsilon_us, end_us, groups)
    rows, unchecked = [], dict[str, str]()
    every: dict[str, Evidence] = {}
    for rule, found in zip(RULES, _checked(context), strict=True):
        if isinstance(found, NotChecked):
            unchecked[rule.name] = str(found)
        elif len(found):
            every[rule.name] = found
            said = f", {found.said}" if found.said else ""
            message = f"{counted(len(found), rule.noun, 'copies' if rule.noun == 'copy' else None)} "
            message += f"{rule.says if len(found) != 1 else _of_one(rule.says)}{said}"
            rows.append(
                {"rule": rule.name, "severity": rule.severity, "n": len(found), "message": message, "query": rule.query}
            )
    frame = pd.DataFrame(rows, columns=["rule", "severity", "n", "message", "query"])
    frame.insert(3, "known", np.zeros(len(frame), dtype=np.int64))
    if known:
        evidence = _all_evidence(graph, every, known)
        covered = evidence.loc[evidence["known"].notna(), "rule"].value_counts()
        frame["known"] = frame["rule"].map(covered).fillna(0).astype(np.int64)
    order = (
        frame["severity"].map({name: place for place, name in enumerate(SEVERITIES)}).sort_values(kind="stable").index
    )
    return Findings(frame.loc[order].reset_index(drop=True), unchecked, graph.provenance.selection, graph, every, known)


def _of_one(says: str) -> str:
    """Turn what several events did into what one did."""
    return says.replace("their ", "its ").replace("themselves", "itself")


def _checked(context: Context) -> list[Evidence | NotChecked]:
    """Check each rule: the rules about one subject one after the other, two subjects at a time."""
    by_subject: dict[str, list[Rule]] = {}
    for rule in RULES:
        by_subject.setdefault(rule.subject, []).append(rule)
    found: dict[str, Evidence | NotChecked] = {}

    def check(subject: str) -> None:
        found.update((rule.name, _check(context, rule)) for rule in by_subject[subject])

    with Beside(len(context.graph)) as beside:
        beside.share(SUBJECTS, check)
    return [found[rule.name] for rule in RULES]


def _check(context: Context, rule: Rule) -> Evidence | NotChecked:
    try:
        return rule.find(context)
    except NotChecked as reason:
        return reason


def _all_evidence(
    graph: CausalGraph, found: Mapping[str, Evidence], known: Sequence[Mapping[str, str]]
) -> pd.DataFrame:
    tables = [_evidence(graph, rule, evidence) for rule, evidence in found.items()]
    evidence = pd.concat(tables, ignore_index=True) if tables else _evidence(graph, "", None)
    evidence.insert(4, "known", _excepted(evidence, known))
    return evidence


def _evidence(graph: CausalGraph, rule: str, found: Evidence | None) -> pd.DataFrame:
    nodes = np.zeros(0, dtype=np.int64) if found is None else found.nodes
    others = np.full(len(nodes), -1) if found is None or (paired_with := found.others) is None else paired_with
    details = [""] * len(nodes) if found is None or found.details is None else found.details()
    place = graph.rows(["source_id", "topic", "partition", "offset"], nodes).to_pandas()
    return pd.DataFrame(
        {
            "rule": pd.Series([rule] * len(nodes), dtype="str"),
            "event": graph.some("key", nodes).to_pandas(),
            "other": graph.some("key", others).to_pandas(),
            "detail": pd.Series(details, dtype="str"),
            **place,
        },
    )


def _excepted(evidence: pd.DataFrame, known: Sequence[Mapping[str, str]]) -> pd.Series[str]:
    """Return the reason of the first exception that covers each row."""
    reasons = pd.Series([None] * len(evidence), dtype=object, index=evidence.index)
    names = {rule.name for rule in RULES}
    for one in known:
        if not isinstance(one, Mapping) or one.get("rule") not in names or not one.get("reason"):
            raise TableError(f"A known exception needs a rule of these and a reason: {', '.join(sorted(names))}.")
        covered = evidence["rule"] == one["rule"]
        if one.get("condition"):
            try:
                covered = covered & evidence.index.isin(evidence.query(one["condition"], engine="python").index)
            except Exception as error:
                text = visible(f"{one['condition']}: {error}", 200)
                raise TableError(f"The condition of a known exception cannot be evaluated: {text}") from error
        reasons[covered & reasons.isna()] = one["reason"]
    return reasons
