"""The input of every rule: the records with their target, the planned facts, and the typed target names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.replay.options import Options
    from workbench.replay.records.replay_records import ReplayRecords
    from workbench.replay.target.facts import TargetFacts


@dataclass(frozen=True, slots=True)
class PlanningInput:
    """One plan, as the rules see it: when it is made, and again before it runs."""

    records: ReplayRecords
    planned: TargetFacts
    """Target facts of the moment when the plan was made."""
    typed: frozenset[str] = frozenset()
    """Physical target names that the user typed."""

    @property
    def facts(self) -> TargetFacts:
        """Target facts of this moment."""
        return self.records.facts

    @property
    def options(self) -> Options:
        """Options of the plan."""
        return self.records.options

    @property
    def now_ms(self) -> int:
        """When the facts of this moment were fetched, UTC milliseconds."""
        return self.facts.asked_at_ms

    @property
    def age_ms(self) -> int:
        """Milliseconds since the plan was made."""
        return self.now_ms - self.planned.asked_at_ms
