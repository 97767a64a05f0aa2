"""The table of all rules, and their verdict about a plan.

No option goes around a refusal that has no override.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.buffers.mapped import release
from workbench.replay.rules import (
    record_rules,
    selection_rules,
    selection_warnings,
    target_rules,
    target_warnings,
    time_rules,
)
from workbench.replay.rules.refused import NO_SEQS, LeftOut, RefusedRecords
from workbench.replay.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.replay.records.raw_rows import Longs
    from workbench.replay.rules.planning_input import PlanningInput

_MODULES = (record_rules, selection_rules, target_rules, time_rules, selection_warnings, target_warnings)


def _by_number(rule: Rule) -> tuple[str, int]:
    letter, _, number = rule.number.partition("-")
    return letter, int(number)


RULES: tuple[Rule, ...] = tuple(
    sorted((rule for module in _MODULES for rule in vars(module).values() if isinstance(rule, Rule)), key=_by_number),
)
"""Every rule that a module of this folder declares, by number: refusals (G), then warnings (W)."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A refusal that applies to a plan."""

    rule: str
    """Number of the rule."""
    message: str
    override: str | None = None
    seqs: Longs = field(default_factory=lambda: NO_SEQS, compare=False)
    """Refused records, ascending; empty when the whole plan is refused."""
    at_run: bool = False

    @property
    def of_records(self) -> bool:
        """Whether single records are refused, and not the whole plan."""
        return len(self.seqs) > 0

    def __str__(self) -> str:
        """Number, message, and the option that would allow it."""
        way_out = f" To allow it: {self.override}." if self.override else ""
        return f"{self.rule}: {self.message}{way_out}"


def refusals(planning: PlanningInput) -> list[Refusal]:
    """Check all refusals. Where refused records are skipped, the rules of whole plans look at the others only.

    Returns:
        Those that apply, in the order of their numbers.
    """
    found = {rule.number: _of_records(rule, planning) for rule in RULES if rule.kind == "record refusal"}
    rest = planning.leaving(refused_records(refusal for own in found.values() for refusal in own))
    found |= {rule.number: _of_plan(rule, rest) for rule in RULES if rule.kind == "refusal"}
    return [refusal for rule in RULES for refusal in found.get(rule.number, ())]


def warnings(planning: PlanningInput) -> list[str]:
    """Check all warnings.

    Returns:
        The text of those that apply, in the order of their numbers.
    """
    found: list[str] = []
    for rule in RULES:
        if rule.kind == "warning":
            found += rule.check(planning)  # type: ignore[arg-type]  # a warning returns text
            release()
    return found


def refused_records(found: Iterable[Refusal]) -> LeftOut:
    """Return the records that these refusals are about, and by which rules."""
    return LeftOut.of((refusal.rule, refusal.seqs) for refusal in found if refusal.of_records)


def _of_plan(rule: Rule, planning: PlanningInput) -> list[Refusal]:
    messages: Iterable[str] = rule.check(planning)  # type: ignore[assignment]  # a rule about the whole plan
    made = [Refusal(rule.number, message, rule.override, at_run=rule.at_run) for message in messages]
    release()
    return made


def _of_records(rule: Rule, planning: PlanningInput) -> list[Refusal]:
    refused: RefusedRecords = rule.check(planning)  # type: ignore[assignment]  # a rule about single records
    release()
    if not len(refused.seqs):
        return []
    way_out = "skip_refused=True leaves them out"
    override = f"{rule.override}; {way_out}" if rule.override else way_out
    return [Refusal(rule.number, refused.text(), override, refused.seqs)]
