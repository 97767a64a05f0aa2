"""The table of all rules, and their verdict about a plan.

No option goes around a refusal that has no override.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
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
from workbench.replay.rules.rule import Rule
from workbench.text import and_more

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from workbench.replay.rules.planning_input import PlanningInput

SHOWN = 3
"""Records that a refusal names."""

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
    seqs: tuple[int, ...] = ()
    """Refused records; empty when the whole plan is refused."""
    at_run: bool = False

    def __str__(self) -> str:
        """Number, message, and the option that would allow it."""
        way_out = f" To allow it: {self.override}." if self.override else ""
        return f"{self.rule}: {self.message}{way_out}"


def refusals(planning: PlanningInput) -> list[Refusal]:
    """Check all refusals.

    Returns:
        Those that apply, in the order of their numbers.
    """
    found: list[Refusal] = []
    for rule in RULES:
        if rule.kind == "warning":
            continue
        result = rule.check(planning)
        release()
        if isinstance(result, Mapping):
            found += _of_records(rule, result)
        else:
            found += [Refusal(rule.number, message, rule.override, at_run=rule.at_run) for message in result]
    return found


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


def refused_records(found: Iterable[Refusal]) -> dict[int, str]:
    """Map the seq of each refused record to the numbers of the rules that refuse it."""
    numbers: dict[int, str] = {}
    for refusal in found:
        for seq in refusal.seqs:
            numbers[seq] = f"{numbers[seq]}, {refusal.rule}" if seq in numbers else refusal.rule
    return dict(sorted(numbers.items()))


def _of_records(rule: Rule, reasons: Mapping[int, str]) -> list[Refusal]:
    if not reasons:
        return []
    alike: dict[str, list[int]] = {}
    for seq, reason in reasons.items():
        alike.setdefault(reason, []).append(seq)
    shown = list(alike.items())[:SHOWN]
    more = and_more(len(reasons) - sum(len(seqs) for _, seqs in shown))
    named = "; ".join(f"seq {seqs[0]} {reason}{_same_for(seqs[1:])}" for reason, seqs in shown)
    way_out = "skip_refused=True leaves them out"
    override = f"{rule.override}; {way_out}" if rule.override else way_out
    return [Refusal(rule.number, f"{named}{more}.", override, tuple(sorted(reasons)))]


def _same_for(seqs: Sequence[int]) -> str:
    if not seqs:
        return ""
    return f", the same for seq {', '.join(map(str, seqs[: SHOWN - 1]))}{and_more(len(seqs) - SHOWN + 1)}"
