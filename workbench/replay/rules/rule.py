"""An entry in the table of replay rules: a decorator turns a function of the planning input into one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from workbench.replay.rules.planning_input import PlanningInput
    from workbench.replay.rules.refused import RefusedRecords

PlanCheck: TypeAlias = "Callable[[PlanningInput], Iterable[str]]"
"""Returns one message for each violation; nothing when the rule does not apply."""
RecordCheck: TypeAlias = "Callable[[PlanningInput], RefusedRecords]"
"""Returns the records that it refuses."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as `workbench.replay.rules.guard.RULES` lists it."""

    number: str
    """``G-`` and a number for refusals, ``W-`` and a number for warnings, as in docs/replay-rules.md."""
    kind: Literal["refusal", "record refusal", "warning"]
    check: PlanCheck | RecordCheck
    override: str | None = None
    """The option that allows what the rule refuses; None where nothing does."""
    at_run: bool = False
    """The connection that runs the plan decides: a plan made on another connection only announces the refusal."""

    @property
    def name(self) -> str:
        """Name of the function."""
        return self.check.__name__


def refusal(number: str, *, override: str | None = None, at_run: bool = False) -> Callable[[PlanCheck], Rule]:
    """Declare a rule that refuses a whole plan."""
    return lambda check: Rule(number, "refusal", check, override, at_run)


def record_refusal(number: str, *, override: str | None = None) -> Callable[[RecordCheck], Rule]:
    """Declare a rule that refuses single records; ``skip_refused=True`` leaves those out."""
    return lambda check: Rule(number, "record refusal", check, override)


def warning(number: str) -> Callable[[PlanCheck], Rule]:
    """Declare a rule that warns of something that is allowed."""
    return lambda check: Rule(number, "warning", check)
