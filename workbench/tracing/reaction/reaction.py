"""Defines the reaction to a replay: a table of checks that compares what happened with what had happened before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import pandas as pd

from workbench.text import counted, text_table
from workbench.tracing.answers import Answer

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph

CONSUMPTION = "consumption"
"""The check that groups have read what was sent; all others are about effects."""

Status: TypeAlias = Literal["pass", "fail", "not checked"]
_EXIT: dict[str, int] = {"pass": 0, "fail": 1, "not checked": 3}


@dataclass(frozen=True, slots=True)
class ReactionCheck:
    """One comparison and its result."""

    name: str
    status: Status
    detail: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Reaction(Answer):
    """Whether a system reacted to a replay as it had reacted to the original records."""

    checks: tuple[ReactionCheck, ...]
    pairs: pd.DataFrame
    """original, replayed (keys), event_type, hop_us, replayed_hop_us, limit_us, late."""
    missing: pd.DataFrame
    """key, event_type, correlation_id of the original events that did not happen again."""
    extra: pd.DataFrame
    """key, event_type, correlation_id of the events that had not happened before."""
    payload: pd.DataFrame
    """key (of the original event), path, change, before, after."""
    original: CausalGraph
    replayed: CausalGraph
    waited_s: float = 0.0

    @property
    def frame(self) -> pd.DataFrame:
        """One row for each check: check, result, detail."""
        return pd.DataFrame(self.rows(), columns=["check", "result", "detail"])

    def rows(self) -> list[dict[str, str]]:
        """Return the rows of `frame` as dictionaries."""
        return [{"check": check.name, "result": check.status, "detail": check.detail} for check in self.checks]

    @property
    def status(self) -> Status:
        """``fail`` if any check failed, else ``not checked`` if any was not, else ``pass``."""
        found = {check.status for check in self.checks}
        return "fail" if "fail" in found else "not checked" if "not checked" in found or not found else "pass"

    @property
    def level(self) -> int:
        """The level of verification that was reached: 3 effects, 2 consumption, 1 neither could be looked at."""
        made = {check.name for check in self.checks if check.status != "not checked"}
        return 3 if made - {CONSUMPTION} else 2 if made else 1

    @property
    def passed(self) -> bool:
        """Whether every check was made and passed."""
        return self.status == "pass"

    @property
    def exit_status(self) -> int:
        """Exit status of a headless run: 0 passed, 1 failed, 3 not checked."""
        return _EXIT[self.status]

    @property
    def latency(self) -> pd.DataFrame:
        """Hops by pair of types: cause_type, effect_type, n, median_us, replayed_median_us, late."""
        hops = self.pairs.dropna(subset=["hop_us", "replayed_hop_us"])
        grouped = hops.groupby(["cause_type", "event_type"], dropna=False)
        frame = pd.DataFrame(
            {
                "n": grouped.size(),
                "median_us": grouped["hop_us"].median(),
                "replayed_median_us": grouped["replayed_hop_us"].median(),
                "late": grouped["late"].sum(),
            }
        )
        return frame.reset_index().rename(columns={"event_type": "effect_type"})

    def text(self) -> str:
        """Write the table of checks."""
        rows = [(check.name, check.status, check.detail) for check in self.checks]
        events = counted(len(self.original), "event")
        head = f"level {self.level}: reaction to a replay of {events}: {self.status}"
        return f"{head}\n{text_table(('check', 'result', 'detail'), rows)}"
