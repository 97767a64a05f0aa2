"""Event-type map: which type leads to which, how often and how fast (`docs/tracing.md` 9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

from workbench.errors import ConfigurationError
from workbench.model.causation import MapField
from workbench.text import counted, number_text, text_table
from workbench.tracing.answers import SHOWN, Answer, micros_text, rest_text, share_text, type_text
from workbench.tracing.choices import check_choice
from workbench.tracing.drawing.drawn import Drawn, PictureViews
from workbench.tracing.drawing.pictures.types import map_picture, noun_of, share_notes
from workbench.tracing.drift import drift_frame
from workbench.tracing.graph.arrays import Groups, numbered, paired
from workbench.tracing.graph.columns import EncodedColumn
from workbench.tracing.graph.spread import QUANTILES, grouped_quantiles
from workbench.tracing.graph.tallies import count_distinct
from workbench.tracing.graph.times import NO_TIME, hops
from workbench.tracing.tables import instants
from workbench.tracing.text.mermaid import entities, label

if TYPE_CHECKING:
    from workbench.tracing.drawing.drawn import Viewer
    from workbench.tracing.drift import MapDrift
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints

EXTERNAL = "(external)"
"""Stands for causes outside the snapshot that several events name."""


@dataclass(frozen=True, eq=False, repr=False)
class TypeMap(Answer, Drawn):
    """The edges between types of events, from all causes."""

    title = "Map"

    frame: pd.DataFrame
    """cause, effect, n, share (of the causes, those with such an effect), fan_out, share_mature and fan_out_mature
    (without causes too young to have all effects), binding, p50_us, p95_us, p99_us, negative, failed, first, last; with
    clock offsets also p50_corrected_us, p95_corrected_us, p99_corrected_us and negative_corrected."""
    types: pd.DataFrame
    """name, n, failed, first, last: one row for each type."""
    by: MapField
    viewer: Viewer | None = None

    def views(self) -> PictureViews:
        """Return what `show` and `svg` draw."""
        names = [type_text(name) for name in self.types["name"]]
        return PictureViews(lambda _opened: map_picture(self.frame, self.types, self.by), names)

    def mermaid(self) -> str:
        """Write the map as a Mermaid flow chart; each edge has its number and its median hop."""
        number: dict[Any, int] = {}
        for name in [*self.types["name"], *self.frame["cause"], *self.frame["effect"]]:
            number.setdefault(name if isinstance(name, str) else None, len(number))
        lines = ["flowchart LR", *(f'  t{n}["{label(type_text(name))}"]' for name, n in number.items())]
        for row in self.frame.to_dict("records"):
            cause, effect = (number[row[end] if isinstance(row[end], str) else None] for end in ("cause", "effect"))
            median = "" if pd.isna(row["p50_us"]) else f" / {micros_text(row['p50_us'])}"
            lines.append(f'  t{cause} -->|"{entities(number_text(int(row["n"])) + median)}"| t{effect}')
        return "\n".join(lines) + "\n"

    def drift(self, other: TypeMap) -> MapDrift:
        """Say what changed from this map to another one: edges new and gone, shares, times.

        Raises:
            ConfigurationError: The boxes of the maps are not the same things.
        """
        if other.by != self.by:
            raise ConfigurationError(f"One map is by {self.by}, the other by {other.by}: make both by the same.")
        return drift_frame(self.frame, other.frame, dict(zip(self.types["name"], self.types["n"], strict=True)),
                           dict(zip(other.types["name"], other.types["n"], strict=True)))  # fmt: skip

    def text(self) -> str:
        """Write the edges, the most frequent first."""
        shown = self.frame.sort_values(["n", "cause", "effect"], ascending=[False, True, True]).head(SHOWN)
        rows = [
            (
                f"{type_text(row.cause)} → {type_text(row.effect)}",
                f"{row.n:,}",
                share_text(row.share_mature),
                share_text(row.fan_out_mature),
                *(micros_text(value) for value in (row.p50_us, row.p95_us, row.p99_us)),
                row.negative or "",
                row.failed or "",
            )
            for row in shown.itertuples(index=False)
        ]
        header = ["edge", "n", "share", "fan-out", "p50", "p95", "p99", "negative", "failed"]
        head = f"map by {self.by}: {counted(len(self.types), noun_of(self.by))}, {counted(len(self.frame), 'edge')}"
        notes = [f"  {note}" for note in share_notes(self.frame)]
        table = [text_table(header, rows, numeric=range(1, 9)), *rest_text(len(self.frame), "edge")] if rows else []
        return "\n".join([head, *table, *notes])


def type_map(
    graph: CausalGraph, by: MapField = "event_type", *, end_us: int | None = None, corrected: Ints | None = None
) -> TypeMap:
    """Count the edges between types, sources or topics.

    Args:
        graph: A graph, with all its edges.
        by: What the nodes of the map are.
        end_us: End of the capture; by default the time of the last event.
        corrected: Times of all events after clock correction.

    Raises:
        ConfigurationError: A map has no such nodes.
    """
    check_choice("by", by, get_args(MapField))
    encoded = EncodedColumn.of(graph.column(by))
    names = [*encoded.dictionary.to_pylist(), None]
    kind = np.where(encoded.codes < 0, len(names) - 1, encoded.codes)
    totals = np.bincount(kind, minlength=len(names))
    edges = _edges(graph, kind, len(names), totals, corrected)
    _add_mature(graph, edges, kind, end_us)
    edges["cause"] = pd.Series([names[code] for code in edges.pop("cause_code")], dtype=object)
    edges["effect"] = pd.Series([names[code] for code in edges.pop("effect_code")], dtype=object)
    frame = pd.concat([edges, _external(graph, kind, names)], ignore_index=True)
    first = ["cause", "effect", "n", "share", "fan_out", "share_mature", "fan_out_mature", "binding"]
    frame = frame[[*first, *(name for name in frame.columns if name not in first)]]
    order = frame.fillna({"cause": "", "effect": ""}).sort_values(["cause", "effect"]).index
    return TypeMap(frame.loc[order].reset_index(drop=True), _types(graph, kind, names, totals), by)


def _edges(graph: CausalGraph, kind: Ints, count: int, totals: Ints, corrected: Ints | None) -> pd.DataFrame:
    used = graph.used_edges
    pairs, place = numbered(paired(kind[used.cause], kind[used.effect], count), count * count)
    n = np.bincount(place, minlength=len(pairs))
    cause_code, effect_code = pairs // count, pairs % count
    binding = graph.structure.binding[used.effect] == used.cause
    failed = graph.marked("failed")[used.effect]
    table = pd.DataFrame(
        {
            "cause_code": cause_code,
            "effect_code": effect_code,
            "n": n,
            "share": distinct(place, used.cause, len(pairs), len(graph)) / totals[cause_code],
            "fan_out": n / totals[cause_code],
            "binding": np.bincount(place[binding], minlength=len(pairs)),
        },
    )
    hop, timed = hops(graph.time, used.cause, used.effect)
    _add_quantiles(table, place, hop, timed, suffix="_us", negative="negative")
    table["failed"] = np.bincount(place[failed], minlength=len(pairs))
    table["first"], table["last"] = _seen(graph.time[used.effect], place, len(pairs))
    if corrected is not None:
        hop, timed = hops(corrected, used.cause, used.effect)
        _add_quantiles(table, place, hop, timed, suffix="_corrected_us", negative="negative_corrected")
    return table


def distinct(place: Ints, member: Ints, places: int, members: int) -> Ints:
    """Count the different members at each place."""
    order = Groups.of(member, members).members
    return count_distinct(place[order], member[order], places)


def _add_quantiles(table: pd.DataFrame, place: Ints, hop: Ints, timed: Flags, *, suffix: str, negative: str) -> None:
    quantiles = grouped_quantiles(place[timed], hop[timed], len(table))
    for name, values in zip(QUANTILES, quantiles, strict=True):
        table[f"{name}{suffix}"] = values
    table[negative] = np.bincount(place[timed & (hop < 0)], minlength=len(table))


def _add_mature(graph: CausalGraph, edges: pd.DataFrame, kind: Ints, end_us: int | None) -> None:
    """Add share and fan-out without causes that are younger than the p99 of the longest hop from their type."""
    known = graph.time != NO_TIME
    end = end_us if end_us is not None else int(graph.time[known].max()) if known.any() else 0
    longest = np.zeros(int(kind.max(initial=0)) + 1)
    np.fmax.at(longest, edges["cause_code"].to_numpy(), edges["p99_us"].to_numpy())
    # What a selection left outside went on after its last event: nothing in it is too young.
    whole = graph.provenance.whole or end_us is not None
    old = end - np.where(known, graph.time, end) >= np.nan_to_num(longest)[kind] if whole else True
    mature = known & old
    used = graph.used_edges
    kept = mature[used.cause]
    width = int(kind.max(initial=0)) + 1
    pairs = paired(edges["cause_code"].to_numpy(), edges["effect_code"].to_numpy(), width)
    place = np.searchsorted(pairs, paired(kind[used.cause[kept]], kind[used.effect[kept]], width))
    totals = np.bincount(kind[mature], minlength=width)[edges["cause_code"].to_numpy()].astype(np.float64)
    totals[totals == 0] = np.nan
    edges["share_mature"] = distinct(place, used.cause[kept], len(edges), len(graph)) / totals
    edges["fan_out_mature"] = np.bincount(place, minlength=len(edges)) / totals


def _external(graph: CausalGraph, kind: Ints, names: list[str | None]) -> pd.DataFrame:
    """Make the edges from causes outside the snapshot that several events name."""
    virtual = graph.virtual.assign(code=kind[graph.virtual["node"].to_numpy(np.int64)])
    values = max(virtual["value"].nunique(), 1)
    grouped = virtual.groupby("code")
    first, last = grouped["node"].min(), grouped["node"].max()
    n = grouped.size()
    share = grouped["value"].nunique() / values
    return pd.DataFrame(
        {
            "cause": pd.Series([EXTERNAL] * len(n), dtype=object),
            "effect": pd.Series([names[int(code)] for code in n.index], dtype=object),
            "n": n.to_numpy(np.int64),
            "share": share.to_numpy(np.float64),
            "fan_out": n.to_numpy(np.float64) / values,
            "share_mature": share.to_numpy(np.float64),
            "fan_out_mature": n.to_numpy(np.float64) / values,
            "binding": np.zeros(len(n), dtype=np.int64),
            **{f"{name}_us": np.full(len(n), np.nan) for name in QUANTILES},
            "negative": np.zeros(len(n), dtype=np.int64),
            "failed": np.zeros(len(n), dtype=np.int64),
            "first": instants(graph.time[first.to_numpy(np.int64)]),
            "last": instants(graph.time[last.to_numpy(np.int64)]),
        },
    )


def _types(graph: CausalGraph, kind: Ints, names: list[str | None], totals: Ints) -> pd.DataFrame:
    first, last = _seen(graph.time, kind, len(names))
    failed = np.bincount(kind[graph.marked("failed")], minlength=len(names))
    frame = pd.DataFrame(
        {"name": pd.Series(names, dtype=object), "n": totals, "failed": failed, "first": first, "last": last}
    )
    return frame[frame["n"] > 0].reset_index(drop=True)


def _seen(time: Ints, place: Ints, count: int) -> tuple[pd.Series[pd.Timestamp], pd.Series[pd.Timestamp]]:
    known = time != NO_TIME
    first = np.full(count, np.iinfo(np.int64).max)
    last = np.full(count, NO_TIME)
    np.minimum.at(first, place[known], time[known])
    np.maximum.at(last, place[known], time[known])
    return instants(np.where(last == NO_TIME, NO_TIME, first)), instants(last)
