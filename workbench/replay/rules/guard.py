"""Every refusal, as a table of small rules. None is optional, and no flag goes around one that has no override."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from workbench.replay.rules import record_rules, target_rules, time_rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workbench.replay.rules.planning_input import PlanningInput

SHOWN = 3
"""Records that a refusal names."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One refusal: plan rules return messages, record rules a reason for each seq they refuse."""

    id: str
    scope: Literal["plan", "record"]
    override: str | None
    check: Callable[[PlanningInput], list[str]] | Callable[[PlanningInput], dict[int, str]]
    at_run: bool = False
    """Depends on the connection that runs the plan and on what is typed there; a plan only announces it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that holds."""

    rule: str
    message: str
    override: str | None = None
    seqs: tuple[int, ...] = ()
    """Records concerned, of a rule per record."""
    at_run: bool = False

    def __str__(self) -> str:
        """Rule, what is refused, and what would allow it."""
        way_out = f" To allow it: {self.override}." if self.override else ""
        return f"{self.rule}: {self.message}{way_out}"


RULES: tuple[Rule, ...] = (
    Rule("G-1", "plan", "allow_same_topic=True, with provenance headers", target_rules.same_topic),
    Rule("G-2", "plan", None, target_rules.dead_letter_to_dead_letter),
    Rule("G-3", "plan", None, target_rules.read_only, at_run=True),
    Rule("G-4", "plan", None, target_rules.protected, at_run=True),
    Rule("G-5", "plan", "create_target=True", target_rules.missing_target),
    Rule("G-6", "plan", "accept_groups=[…] with exactly these groups", target_rules.live_groups),
    Rule("G-8", "record", None, record_rules.carries_this_run),
    Rule("G-9", "record", "max_hops up to 5, where the count is a number", record_rules.too_many_hops),
    Rule("G-10", "plan", "accept_uncommitted=True", time_rules.uncommitted_source),
    Rule("G-11", "plan", "timestamps='now', or accept_expiry=True", time_rules.expired),
    Rule("G-12", "plan", "timestamps='now'", time_rules.out_of_range),
    Rule("G-13", "record", None, record_rules.too_large),
    Rule("G-14", "record", None, record_rules.keyless_to_compacted),
    Rule("G-15", "plan", "another partitions= policy", target_rules.missing_partition),
    Rule("G-17", "record", None, record_rules.not_whole),
    Rule("G-19", "plan", "a higher max_records= or max_bytes=", time_rules.too_much),
    Rule("G-21", "plan", None, target_rules.earlier_run_in_doubt),
    Rule("G-23", "plan", None, time_rules.too_old),
)


def refusals(case: PlanningInput) -> list[Refusal]:
    """Every rule that holds, in the order of their numbers."""
    found: list[Refusal] = []
    for rule in RULES:
        held = rule.check(case)
        if isinstance(held, dict):
            found += _per_record(rule, held)
        else:
            found += [Refusal(rule.id, message, rule.override, at_run=rule.at_run) for message in held]
    return found


def refused_records(found: Iterable[Refusal]) -> dict[int, str]:
    """Seq of each record that a rule per record refuses, and which rules do."""
    reasons: dict[int, str] = {}
    for refusal in found:
        for seq in refusal.seqs:
            reasons[seq] = f"{reasons[seq]}, {refusal.rule}" if seq in reasons else refusal.rule
    return dict(sorted(reasons.items()))


def _per_record(rule: Rule, held: dict[int, str]) -> list[Refusal]:
    if not held:
        return []
    named = "; ".join(f"seq {seq} {reason}" for seq, reason in list(held.items())[:SHOWN])
    more = f" and {len(held) - SHOWN:,} more" if len(held) > SHOWN else ""
    way_out = "skip_refused=True leaves them out"
    override = f"{rule.override}; {way_out}" if rule.override else way_out
    return [Refusal(rule.id, f"{named}{more}", override, tuple(sorted(held)))]
