"""Timing profile: how long each kind of hop takes, and which hops are late by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.text import counted
from workbench.tracing.answers import SHOWN, Answer, key_text, micros_text, rest_text, type_text
from workbench.tracing.choices import check_choice
from workbench.tracing.graph.columns import text_rank

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Ints
    from workbench.tracing.graph.spread import Floats, Spread
    from workbench.tracing.graph.typed_edges import TypedEdges

LateRule: TypeAlias = Literal["robust", "deviation"]

LEAST_N = 20
_FAR = 6
_MAD_TO_DEVIATION = 1.4826
"""Times the median absolute deviation is the standard deviation of a normal distribution."""


@dataclass(frozen=True, eq=False, repr=False)
class TimingProfile(Answer):
    """How long the hops between each pair of types take, learnt from one graph."""

    frame: pd.DataFrame
    """cause_type, effect_type, n, mean_us, std_us, median_us, p99_us, mad_us, limit_us (of the robust rule)."""
    learnt_from: str
    """The selection it was learnt from."""
    least_n: int
    """Hops that a pair of types needs."""

    def late(self, graph: CausalGraph, rule: LateRule = "robust") -> LateHops:
        """Find the hops of a graph that are late by this profile.

        Args:
            graph: The same graph, or another one.
            rule: ``robust``: above ``limit_us``; ``deviation``: further than 6 standard deviations from the mean.

        Raises:
            ConfigurationError: There is no such rule.
        """
        check_choice("rule", rule, get_args(LateRule))
        edges = graph.typed_edges
        known = _type_names(edges).merge(self.frame, on=["cause_type", "effect_type"], how="left")
        mean, std, limit = (known[name].to_numpy(np.float64) for name in ("mean_us", "std_us", "limit_us"))
        if rule == "robust":
            late = edges_above(edges, limit)
        else:
            far = np.where(std > 0, _FAR * std, 0)
            hop, timed = edges.hops()
            late = np.flatnonzero(timed & (np.abs(hop - mean[edges.place]) > far[edges.place]))
        late = longest_first(graph, late)
        hop, place = edges.hops(late)[0], edges.place[late]
        score = np.abs(hop - mean[place]) / np.where(std > 0, std, np.nan)[place]
        found = known.iloc[place].reset_index(drop=True).astype({"n": np.int64})
        ends = {"cause": edges.used.cause[late], "effect": edges.used.effect[late]}
        keys = {name: graph.some("key", nodes).to_pandas() for name, nodes in ends.items()}
        found = found.assign(**keys, hop_us=hop, score=score)
        names = ["cause", "effect", "cause_type", "effect_type", "hop_us", "limit_us", "median_us", "score", "n"]
        return LateHops(found[names], own=graph.provenance.selection == self.learnt_from)

    def text(self) -> str:
        """Write the limits by pair of types."""
        pairs = f"{counted(len(self.frame), 'pair')} of types with {counted(self.least_n, 'hop')} or more"
        lines = [f"timing profile of {type_text(self.learnt_from, 120)}: {pairs}"]
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
    edges = graph.typed_edges
    hop, timed = edges.hops()
    spread, place, hop = edges.spread, edges.place[timed], hop[timed]
    n = np.maximum(spread.n, 1)
    mean = np.bincount(place, hop, len(n)) / n
    squares = np.bincount(place, (hop - mean[place]) ** 2, len(n))
    table = _type_names(edges).assign(
        n=spread.n,
        mean_us=mean,
        std_us=np.sqrt(squares / np.where(n > 1, n - 1, np.nan)),
        median_us=spread.median,
        p99_us=spread.p99,
        mad_us=spread.mad,
        limit_us=robust_limits(spread),
    )
    least_n = max(least_n, 1)
    table = table[table["n"] >= least_n].sort_values(["cause_type", "effect_type"], ignore_index=True)
    return TimingProfile(table.fillna({"std_us": 0.0}), graph.provenance.selection, least_n)


def robust_limits(spread: Spread) -> Floats:
    """Return for each group the value above which one is far from the others; NaN without any."""
    return np.where(spread.mad > 0, spread.median + _FAR * _MAD_TO_DEVIATION * spread.mad, spread.p99)


def edges_above(edges: TypedEdges, limit: Floats) -> Ints:
    """Find the edges whose hop is longer than the limit of their pair of types; NaN is no limit."""
    # Mostly no hop at all is too long, and the longest of each pair are known.
    if not (edges.spread.largest > limit).any():
        return np.zeros(0, dtype=np.int32)
    return edges.ends.later(edges.time, edges.place, np.asarray(limit, dtype=np.float64))


def longest_first(graph: CausalGraph, edges: Ints) -> Ints:
    """Order used edges by hop, the longest first, then by the key of the effect."""
    effect = text_rank(graph.some("key", graph.used_edges.effect[edges]))
    ordered: Ints = edges[np.lexsort((effect, -graph.typed_edges.hops(edges)[0]))]
    return ordered


def _type_names(edges: TypedEdges) -> pd.DataFrame:
    """Return cause_type and effect_type of each pair."""
    names = zip(("cause_type", "effect_type"), edges.pairs, strict=True)
    return pd.DataFrame({name: edges.names.take(pa.array(codes)).to_pandas() for name, codes in names})
