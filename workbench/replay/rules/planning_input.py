"""What a rule looks at: the laid-out plan, the moment, and what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.replay.options import Options
    from workbench.replay.records.replay_records import ReplayRecords
    from workbench.replay.target.facts import TargetFacts


@dataclass(frozen=True, slots=True)
class PlanningInput:
    """One plan before its judges."""

    material: ReplayRecords
    now_ms: int
    planned_at_ms: int
    typed: frozenset[str] = frozenset()
    """Physical target names that were typed."""

    @property
    def facts(self) -> TargetFacts:
        """Facts of the target, as found for this judgement."""
        return self.material.facts

    @property
    def options(self) -> Options:
        """What the user asked for."""
        return self.material.options


def records(count: int) -> str:
    """``1 record``, ``2,000 records``."""
    return f"{count:,} record{'' if count == 1 else 's'}"
