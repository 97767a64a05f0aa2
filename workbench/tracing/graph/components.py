"""The parts of a graph, for the whole snapshot or for a selection of its events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.model.causation import RootKind
from workbench.tracing.graph.structure import NO_TIME

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.resolve import Links
    from workbench.tracing.graph.unresolved import HopBounds

ROOT_KINDS: tuple[str, ...] = get_args(RootKind)
ORIGIN, SELF_ROOT, COMMAND_ROOT, UNLINKED, ORPHAN = range(len(ROOT_KINDS))
INNER = -1


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a graph comes from; the same for each of its selections."""

    clock: str
    provenance: str
    events: int
    """Events of the whole snapshot."""
    bounds: HopBounds
    undecodable: int
    selection: str = "the whole snapshot"


@dataclass(frozen=True, slots=True)
class Components:
    """One entry for each event, edges between them, and what is special; frames name events by their number."""

    origin: Origin
    attributes: pa.Table
    """key, event_id, event_type, source, destination, correlation_id, cluster, topic, source_id, partition, offset."""
    time: Ints
    fell_back: Flags
    root: Ints
    """Index into `ROOT_KINDS`, -1 for an event with a resolved cause or link."""
    links: Links
    vias: pa.LargeStringArray
    virtual: pd.DataFrame
    """node, value: which cause value outside the snapshot joins which events."""
    unresolved: pd.DataFrame
    """node, value, target, reason, rank, via, hop_bound_us, undecodable."""
    copies: pd.DataFrame
    """node, kind, cluster, topic, source_id, partition, offset, time, disagrees."""
    problems: pd.DataFrame
    """node, problem."""
    outcomes: pd.DataFrame
    """node, outcome: what became of each declared cause."""
    outside: pd.DataFrame
    """node, direction, kind, neighbour, event_type, correlation_id: edges that the selection cuts."""

    def __len__(self) -> int:
        return len(self.time)

    def restrict(self, chosen: Flags, selection: str) -> Components:
        """Keep some events; causes that are cut off are unresolved as ``outside_selection``."""
        kept = np.flatnonzero(chosen)
        number = np.full(len(self), -1, dtype=np.int64)
        number[kept] = np.arange(len(kept))
        within = chosen[self.links.cause] & chosen[self.links.effect]
        inner = self.links.pick(within)
        linked = np.zeros(len(self), dtype=np.bool_)
        linked[inner.effect[~inner.is_hint()]] = True
        cut = ~linked & (self.root == INNER)
        return replace(
            self,
            origin=replace(self.origin, selection=selection),
            attributes=self.attributes.take(pa.array(kept)),
            time=self.time[kept],
            fell_back=self.fell_back[kept],
            root=np.where(cut, ORPHAN, self.root)[kept],
            links=replace(inner, cause=number[inner.cause], effect=number[inner.effect]),
            unresolved=_renumbered(pd.concat([self.unresolved, self._cut_causes(chosen)]), number),
            outside=_renumbered(pd.concat([self.outside, self._cut_edges(chosen)]), number),
            **{
                name: _renumbered(getattr(self, name), number) for name in ("virtual", "copies", "problems", "outcomes")
            },
        )

    def _cut_causes(self, chosen: Flags) -> pd.DataFrame:
        links = self.links.pick(self.links.used() & chosen[self.links.effect] & ~chosen[self.links.cause])
        return pd.DataFrame(
            {
                "node": links.effect,
                "value": self.text("key", links.cause),
                "target": "event_id",
                "reason": "outside_selection",
                "rank": links.rank,
                "via": self.via_texts(links.via),
                "hop_bound_us": np.nan,
                "undecodable": 0,
            },
        ).astype(self.unresolved.dtypes.to_dict())

    def _cut_edges(self, chosen: Flags) -> pd.DataFrame:
        crossing = self.links.pick(chosen[self.links.cause] != chosen[self.links.effect])
        to_cause = chosen[crossing.effect]
        far = np.where(to_cause, crossing.cause, crossing.effect)
        return pd.DataFrame(
            {
                "node": np.where(to_cause, crossing.effect, crossing.cause),
                "direction": np.where(to_cause, "cause", "effect"),
                "kind": crossing.kind_texts(),
                "neighbour": self.text("key", far),
                "event_type": self.text("event_type", far),
                "correlation_id": self.text("correlation_id", far),
            },
        ).astype(self.outside.dtypes.to_dict())

    def text(self, name: str, nodes: Ints) -> pd.Series[str]:
        """One attribute of some events."""
        series: pd.Series[str] = self.attributes.column(name).take(pa.array(nodes)).to_pandas()
        return series

    def via_texts(self, codes: Ints) -> pd.Series[str]:
        picked = pa.array(codes, mask=codes < 0)
        series: pd.Series[str] = self.vias.take(picked).to_pandas()
        return series


def _renumbered(frame: pd.DataFrame, number: Ints) -> pd.DataFrame:
    nodes = number[frame["node"].to_numpy(np.int64)]
    kept: pd.DataFrame = frame.assign(node=nodes)[nodes >= 0].reset_index(drop=True)
    return kept


def instants(time: Ints) -> pd.Series[pd.Timestamp]:
    """Times for people: UTC-aware, NaT where unknown."""
    known = pa.array(time, mask=time == NO_TIME).cast(pa.timestamp("us", tz="UTC"))
    series: pd.Series[pd.Timestamp] = known.to_pandas()
    return series
