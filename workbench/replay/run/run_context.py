"""Defines `RunContext`, what all tries of a run work with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from workbench.bus.protocols import RecordLog
    from workbench.replay.plan.plan import Plan
    from workbench.replay.run.control import RunControl
    from workbench.replay.run.progress import RunProgress
    from workbench.replay.target.facts import Connection
    from workbench.store.journal import Journal


@dataclass(frozen=True, slots=True)
class RunContext:
    """The plan of a run, its target and journal, and who asked for it."""

    plan: Plan
    log: RecordLog
    """Open record log of the target cluster."""
    journal: Journal
    """Records every step."""
    connection: Connection
    """Properties of the connection."""
    target: str | Collection[str] | None
    """Physical name of the target, typed; needed where it is protected."""
    by: str
    """Who, for the journal and the audit; empty where nobody is named."""
    reason: str
    """Why, for the journal and the audit."""
    progress: RunProgress
    control: RunControl
    """Pauses, resumes and cancels it."""

    def audit_entry(self, action: str, result: str, **more: Any) -> Mapping[str, Any]:
        """Return an entry of the audit table about this run; see `add_audit_row` for ``more``."""
        cluster = self.plan.facts.cluster_id
        return {
            "action": action, "who": self.by, "reason": self.reason, "cluster": cluster, "result": result, **more,
        }  # fmt: skip
