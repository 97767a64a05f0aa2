"""Drift between two event-type maps: edges new and gone, shares and times that changed (`docs/tracing.md` 9.1)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.text import counted
from workbench.tracing.answers import SHOWN, Answer, micros_text, rest_text, share_text, type_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LEAST_SHARE_CHANGE = 0.05
LEAST_Z = 3.0
LEAST_FACTOR = 1.5
LEAST_N = 20


@dataclass(frozen=True, eq=False, repr=False)
class MapDrift(Answer):
    """What differs between two maps."""

    frame: pd.DataFrame
    """cause, effect, change (``new``, ``gone``, ``share``, ``p50``, ``p95``), before, after, n_before, n_after, z."""

    def text(self) -> str:
        """Write one line for each change."""
        lines = [f"drift: {counted(len(self.frame), 'change')}"]
        for row in self.frame.head(SHOWN).to_dict("records"):
            write = micros_text if row["change"] in ("p50", "p95") else share_text
            lines.append(
                f"  {row['change']:5} {type_text(row['cause'])} → {type_text(row['effect'])}: {write(row['before'])} → "
                f"{write(row['after'])} (n {row['n_before']} → {row['n_after']})"
            )
        return "\n".join([*lines, *rest_text(len(self.frame), "change")])


def drift_frame(
    before: pd.DataFrame, after: pd.DataFrame, totals_before: Mapping[Any, int], totals_after: Mapping[Any, int]
) -> MapDrift:
    """Compare the edges of two maps.

    Args:
        before: Edges of `workbench.tracing.type_map.TypeMap`.
        after: The same of the other map.
        totals_before: Events of each type.
        totals_after: The same of the other map.
    """
    both = before.merge(after, on=["cause", "effect"], how="outer", suffixes=("_1", "_2"))
    changes = [change for row in both.to_dict("records") for change in _changes(row, totals_before, totals_after)]
    names = ["cause", "effect", "change", "before", "after", "n_before", "n_after", "z"]
    return MapDrift(pd.DataFrame(changes, columns=names))


def _changes(row: dict[Any, Any], totals_1: Mapping[Any, int], totals_2: Mapping[Any, int]) -> Iterator[dict[str, Any]]:
    n_1, n_2 = (0 if pd.isna(row[name]) else int(row[name]) for name in ("n_1", "n_2"))
    edge = {"cause": row["cause"], "effect": row["effect"], "n_before": n_1, "n_after": n_2}
    if not n_1 or not n_2:
        yield {**edge, "change": "gone" if n_1 else "new", "before": row["share_1"], "after": row["share_2"]}
        return
    z = share_z(row["share_1"], totals_1.get(row["cause"], 0), row["share_2"], totals_2.get(row["cause"], 0))
    if abs(row["share_1"] - row["share_2"]) >= LEAST_SHARE_CHANGE and abs(z) >= LEAST_Z:
        yield {**edge, "change": "share", "before": row["share_1"], "after": row["share_2"], "z": z}
    for name in ("p50", "p95"):
        first, second = row[f"{name}_us_1"], row[f"{name}_us_2"]
        low, high = min(first, second), max(first, second)
        if min(n_1, n_2) >= LEAST_N and high > 0 and (low <= 0 or high / low >= LEAST_FACTOR):
            yield {**edge, "change": name, "before": first, "after": second}


def share_z(share_1: float, total_1: int, share_2: float, total_2: int) -> float:
    """Return how many standard deviations two shares are apart, by the pooled share; 0 where there is no spread."""
    if not total_1 or not total_2:
        return 0.0
    pooled = (share_1 * total_1 + share_2 * total_2) / (total_1 + total_2)
    spread = pooled * (1 - pooled) * (1 / total_1 + 1 / total_2)
    return (share_1 - share_2) / math.sqrt(spread) if spread > 0 else 0.0
