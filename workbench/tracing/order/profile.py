"""Timing profile: how long each kind of hop takes, and which hops are late by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.text import counted
from workbench.tracing.answers import SHOWN, Answer, key_text, micros_text, rest_text, type_text
from workbench.tracing.graph.arrays import numbered, paired
from workbench.tracing.graph.times import hops
from workbench.tracing.type_map import grouped_quantiles

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
        hop = _PairedHops.of(graph)
        known = hop.pairs.merge(self.frame, on=["cause_type", "effect_type"], how="left")
        mean, std, limit = (known[name].to_numpy(np.float64) for name in ("mean_us", "std_us", "limit_us"))
        if rule == "robust":
            late = np.flatnonzero(hop.hop_us > limit[hop.place])
        else:
            far = np.where(std > 0, _FAR * std, 0)
            late = np.flatnonzero(np.abs(hop.hop_us - mean[hop.place]) > far[hop.place])
        place = hop.place[late]
        score = np.abs(hop.hop_us[late] - mean[place]) / np.where(std > 0, std, np.nan)[place]
        found = known.iloc[place].reset_index(drop=True).astype({"n": np.int64})
        ends = {name: graph.some("key", ends[late]).to_pandas() for name, ends in hop.ends.items()}
        found = found.assign(**ends, hop_us=hop.hop_us[late], score=score)
        found = found.sort_values(["hop_us", "effect"], ascending=[False, True], ignore_index=True)
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
    hop = _PairedHops.of(graph)
    count = len(hop.pairs)
    n = np.bincount(hop.place, minlength=count)
    mean = np.bincount(hop.place, hop.hop_us, count) / n
    squares = np.bincount(hop.place, (hop.hop_us - mean[hop.place]) ** 2, count)
    median, _, p99 = grouped_quantiles(hop.place, hop.hop_us, count)
    # Twice the distance from the median is a whole number, which is sorted faster.
    twice = np.abs(2 * hop.hop_us - (2 * median).astype(np.int64)[hop.place])
    table = pd.DataFrame({"n": n, "mean_us": mean, "std_us": np.sqrt(squares / np.where(n > 1, n - 1, np.nan))})
    table["median_us"], table["p99_us"] = median, p99
    table["mad_us"] = grouped_quantiles(hop.place, twice, count)[0] / 2
    robust = table["median_us"] + _FAR * _MAD_TO_DEVIATION * table["mad_us"]
    table["limit_us"] = robust.where(table["mad_us"] > 0, table["p99_us"])
    table = pd.concat([hop.pairs, table], axis="columns")
    table = table[table["n"] >= least_n].sort_values(["cause_type", "effect_type"], ignore_index=True)
    return TimingProfile(table.fillna({"std_us": 0.0}), graph.provenance.selection)


@dataclass(frozen=True, slots=True)
class _PairedHops:
    """The hops of a graph between events with a time."""

    ends: dict[str, Ints]
    hop_us: Ints
    place: Ints
    """Row of each hop in ``pairs``."""
    pairs: pd.DataFrame
    """cause_type, effect_type."""

    @classmethod
    def of(cls, graph: CausalGraph) -> _PairedHops:
        used = graph.used_edges
        hop, timed = hops(graph.time, used.cause, used.effect)
        ends = {"cause": used.cause[timed], "effect": used.effect[timed]}
        kinds = graph.encoded("event_type")
        names = pa.concat_arrays([kinds.dictionary, pa.nulls(1, kinds.dictionary.type)])
        kind = np.where(kinds.codes < 0, len(kinds.dictionary), kinds.codes)
        both = paired(kind[ends["cause"]], kind[ends["effect"]], len(names))
        pairs, place = numbered(both, len(names) ** 2)
        types = {"cause_type": pairs // len(names), "effect_type": pairs % len(names)}
        frame = pd.DataFrame({name: names.take(pa.array(codes)).to_pandas() for name, codes in types.items()})
        return cls(ends, hop[timed], place, frame)
