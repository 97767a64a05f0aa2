"""Timing profile: how long each kind of hop takes, and which hops are late by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import pandas as pd
import pyarrow as pa

from workbench.text import counted
from workbench.tracing.answers import SHOWN, Answer, key_text, micros_text, rest_text, type_text
from workbench.tracing.graph.times import hops

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints

LateRule: TypeAlias = Literal["robust", "deviation"]

LEAST_N = 20
_FAR = 6
_MAD_TO_DEVIATION = 1.4826
"""Times the median absolute deviation is the standard deviation of a normal distribution."""


@dataclass(frozen=True, eq=False, repr=False)
class TimingProfile(Answer):
    """How long the hops between each pair of types take, learnt from one graph."""

    frame: pd.DataFrame
    """cause, effect, n, mean_us, std_us, median_us, mad_us, p99_us, limit_us (of the robust rule)."""
    learnt_from: str
    """The selection it was learnt from."""

    def late(self, graph: CausalGraph, rule: LateRule = "robust") -> LateHops:
        """Find the hops of a graph that are late by this profile.

        Args:
            graph: The same graph, or another one.
            rule: ``robust``: above ``limit_us``; ``deviation``: further than 6 standard deviations from the mean.
        """
        found = _hop_frame(graph).merge(self.frame, on=["cause_type", "effect_type"], how="inner")
        distance = (found["hop_us"] - found["mean_us"]).abs()
        found["score"] = distance / found["std_us"].where(found["std_us"] > 0)
        if rule == "robust":
            late = found["hop_us"] > found["limit_us"]
        else:
            late = (found["score"] > _FAR).where(found["std_us"] > 0, distance > 0)
        found = found[late].sort_values(["hop_us", "effect"], ascending=[False, True], ignore_index=True)
        names = ["cause", "effect", "cause_type", "effect_type", "hop_us", "limit_us", "median_us", "score", "n"]
        return LateHops(found[names], own=graph.provenance.selection == self.learnt_from)

    def text(self) -> str:
        """Write the limits by pair of types."""
        lines = [f"timing profile of {type_text(self.learnt_from, 120)}: {counted(len(self.frame), 'pair')} of types"]
        lines += [
            f"  {type_text(row['cause_type'])} → {type_text(row['effect_type'])}: "
            f"median {micros_text(row['median_us'])}, late above {micros_text(row['limit_us'])} (n {row['n']})"
            for row in self.frame.head(SHOWN).to_dict("records")
        ]
        return "\n".join([*lines, *rest_text(len(self.frame), "pair")])


@dataclass(frozen=True, eq=False, repr=False)
class LateHops(Answer):
    """Hops that took much longer than hops of their kind do."""

    frame: pd.DataFrame
    """cause, effect, cause_type, effect_type, hop_us, limit_us, median_us, score (standard deviations), n."""
    own: bool
    """The profile was learnt on the same events."""

    def text(self) -> str:
        """Write the late hops, the longest first."""
        own = " (by a profile of the same events)" if self.own else ""
        lines = [f"late: {counted(len(self.frame), 'hop')}{own}"]
        lines += [
            f"  {key_text(row['cause'])} → {key_text(row['effect'])}  {micros_text(row['hop_us'], signed=True)}, "
            f"usually {micros_text(row['median_us'])}, at most {micros_text(row['limit_us'])}"
            for row in self.frame.head(SHOWN).to_dict("records")
        ]
        return "\n".join([*lines, *rest_text(len(self.frame), "hop")])


def timing_profile(graph: CausalGraph, least_n: int = LEAST_N) -> TimingProfile:
    """Learn how long hops take, from all edges between each pair of types that has enough of them."""
    frame = _hop_frame(graph)
    grouped = frame.groupby(["cause_type", "effect_type"], dropna=False)["hop_us"]
    table = pd.DataFrame({"n": grouped.size(), "mean_us": grouped.mean(), "std_us": grouped.std(ddof=1)})
    table["median_us"] = grouped.median()
    distance = (frame["hop_us"] - grouped.transform("median")).abs()
    table["mad_us"] = distance.groupby([frame["cause_type"], frame["effect_type"]], dropna=False).median()
    table["p99_us"] = grouped.quantile(0.99)
    robust = table["median_us"] + _FAR * _MAD_TO_DEVIATION * table["mad_us"]
    table["limit_us"] = robust.where(table["mad_us"] > 0, table["p99_us"])
    table = table[table["n"] >= least_n].reset_index()
    return TimingProfile(table.fillna({"std_us": 0.0}), graph.provenance.selection)


def _hop_frame(graph: CausalGraph) -> pd.DataFrame:
    used = graph.used_edges
    hop, timed = hops(graph.time, used.cause, used.effect)
    ends: dict[str, Ints] = {"cause": used.cause[timed], "effect": used.effect[timed]}
    texts = {
        f"{end}{suffix}": graph.column(column).take(pa.array(nodes)).to_pandas()
        for end, nodes in ends.items()
        for suffix, column in (("", "key"), ("_type", "event_type"))
    }
    return pd.DataFrame({**texts, "hop_us": hop[timed]})
