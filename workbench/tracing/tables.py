"""Frames of a causal graph for people: events named by their keys, fixed dtypes, UTC times."""

from __future__ import annotations

import contextlib
import reprlib
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa

from workbench.tracing.graph.graph import ROOT_KINDS
from workbench.tracing.graph.times import NO_TIME, hops

if TYPE_CHECKING:
    from workbench.tracing.graph import CausalGraph
    from workbench.tracing.graph.arrays import Flags, Ints

_KINDS = [*ROOT_KINDS, "inner"]
"""By index; -1, no root, is the last one."""
_SHORT = reprlib.Repr()
"""Writes what nothing else can: it ends on circles and on depth."""


def event_frame(graph: CausalGraph) -> pd.DataFrame:
    """Return one row for each event.

    ``key`` names the event; ``kind`` is a root kind or ``inner``; ``causes`` and ``effects`` count used edges;
    ``copies`` counts further records; ``binding``, ``primary`` and ``root`` are keys; ``hop_us`` is the time from the
    binding cause in microseconds. Where any event has further ids there are ``link_ids`` besides.
    """
    structure, used, count = graph.structure, graph.used_edges, len(graph)
    # Events without a binding cause are paired with themselves: 0 µs, marked unknown below.
    cause = np.where(structure.binding >= 0, structure.binding, np.arange(count))
    hop, timed = hops(graph.time, cause, np.arange(count))
    return pd.DataFrame(
        {
            **{name: _texts(graph, name) for name in ("key", "event_id", "event_type", "source", "destination")},
            "t": instants(graph.time),
            "correlation_id": _texts(graph, "correlation_id"),
            "kind": pd.Categorical.from_codes(graph.root_kind % len(_KINDS), pd.Index(_KINDS)),
            "depth": structure.depth,
            "fragment": structure.fragment,
            "causes": np.bincount(used.effect, minlength=count),
            "effects": np.bincount(used.cause, minlength=count),
            "copies": copy_counts(graph),
            "binding": _keys(graph, structure.binding),
            "primary": _keys(graph, structure.primary),
            "root": _keys(graph, structure.root),
            "hop_us": _nullable(hop, timed & (structure.binding >= 0)),
            "in_cycle": structure.in_cycle(),
            **{name: _texts(graph, name) for name in ("cluster", "source_id", "topic", "partition", "offset")},
            **({"link_ids": _texts(graph, "link_ids")} if "link_ids" in graph.attributes.names else {}),
        },
    )


def copy_counts(graph: CausalGraph) -> Ints:
    """Count the further records of each event; a record that only shares its id by mistake is an event of its own."""
    real = graph.copies.loc[graph.copies["kind"] != "collision", "node"].to_numpy(np.int64)
    return np.bincount(real, minlength=len(graph))


def edge_frame(graph: CausalGraph) -> pd.DataFrame:
    """Return one row for each edge of any kind; ``hop_us`` is the time from cause to effect in microseconds."""
    edges = graph.edges
    hop, timed = hops(graph.time, edges.cause, edges.effect)
    return pd.DataFrame(
        {
            "cause": _keys(graph, edges.cause),
            "effect": _keys(graph, edges.effect),
            "kind": edges.kind_texts(),
            "rank": _nullable(edges.rank.astype(np.int64), edges.rank >= 0),
            "via": graph.vias.take(pa.array(edges.via, mask=edges.via < 0)).to_pandas(),
            "hop_us": _nullable(hop, timed),
            "layout_break": graph.layout_breaks(),
            "used": edges.used(),
        },
    )


def keyed_frame(graph: CausalGraph, frame: pd.DataFrame) -> pd.DataFrame:
    """Replace the numbers of events in the column ``node`` by their keys in a column ``event``."""
    named = frame.drop(columns="node")
    named.insert(0, "event", _keys(graph, frame["node"].to_numpy(np.int64)))
    return named


def copy_frame(graph: CausalGraph) -> pd.DataFrame:
    """Return one row for each further record of an event, and for each record that shares an id by mistake."""
    named = keyed_frame(graph, graph.copies)
    named["t"] = instants(named.pop("time").to_numpy(np.int64))
    return named


def fragment_frame(graph: CausalGraph) -> pd.DataFrame:
    """Return one row for each weakly connected component: events, heads, first and last time, first event."""
    grouped = pd.DataFrame(
        {
            "fragment": graph.structure.fragment,
            "t": instants(graph.time),
            "key": _texts(graph, "key"),
            "head": graph.structure.depth == 0,
        },
    ).groupby("fragment")
    return grouped.agg(
        events=("key", "size"),
        heads=("head", "sum"),
        first_t=("t", "min"),
        last_t=("t", "max"),
        first_event=("key", "first"),
    ).reset_index()


def outcome_counts(graph: CausalGraph) -> dict[str, int]:
    """Count the declared causes by outcome; each has exactly one."""
    counts = graph.outcomes["outcome"].value_counts()
    return {str(name): int(count) for name, count in sorted(counts.items()) if count}


def record_count(graph: CausalGraph) -> int:
    """Count the records behind the events: one each, and the copies."""
    return len(graph) + int((graph.copies["kind"] != "collision").sum())


def _texts(graph: CausalGraph, name: str) -> pd.Series[str]:
    series: pd.Series[str] = graph.column(name).to_pandas()
    return series


def _keys(graph: CausalGraph, nodes: Ints) -> pd.Series[str]:
    series: pd.Series[str] = graph.column("key").take(pa.array(nodes, mask=nodes < 0)).to_pandas()
    return series


def _nullable(values: Ints, known: Flags) -> pd.Series[int]:
    """Return whole numbers, NA where unknown."""
    return pd.Series(pd.arrays.IntegerArray(np.where(known, values, 0), ~known))


def frame_csv(frame: pd.DataFrame, *, spreadsheet: bool = False) -> str:
    """Write a frame as CSV: times in UTC, lists and objects as JSON, an absent value as nothing.

    Args:
        frame: Any frame of an answer.
        spreadsheet: Put an apostrophe before texts that a spreadsheet would run as a formula, as ``=…`` and ``@…``.
    """
    written = frame.copy()
    for name in [name for name, kind in written.dtypes.items() if kind.kind == "O"]:
        written[name] = written[name].map(lambda value: _csv_cell(value, spreadsheet=spreadsheet))
    return written.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%dT%H:%M:%S.%fZ")


def _csv_cell(value: Any, *, spreadsheet: bool) -> Any:
    if isinstance(value, dict | list | tuple):
        return json_text(value)
    formula = spreadsheet and isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if formula else value


def json_text(value: Any) -> str:
    """Write any value of Python as JSON; what JSON does not know as its ``repr``, which may be shortened."""
    try:
        return orjson.dumps(value, default=repr, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY).decode()
    except TypeError:
        # Nested too deeply, in a circle, a number above 64 bits, keys that are no texts.
        with contextlib.suppress(ValueError, RecursionError):
            return _SHORT.repr(value)
        return f"({type(value).__name__} that cannot be shown)"


def instants(time: Ints) -> pd.Series[pd.Timestamp]:
    """Return UTC-aware times, NaT where unknown."""
    known = pa.array(time, mask=time == NO_TIME).cast(pa.timestamp("us", tz="UTC"))
    series: pd.Series[pd.Timestamp] = known.to_pandas()
    return series
