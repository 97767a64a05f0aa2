"""Frames of a graph, with fixed dtypes and UTC times."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from workbench.text import visible
from workbench.tracing.graph.components import ROOT_KINDS, instants
from workbench.tracing.graph.resolve import Links
from workbench.tracing.graph.rows import flags, one_chunk
from workbench.tracing.graph.structure import NO_TIME

if TYPE_CHECKING:
    from workbench.tracing.graph.arrays import Flags, Ints
    from workbench.tracing.graph.components import Components
    from workbench.tracing.graph.structure import Structure

__all__ = [
    "Links",
    "column",
    "copies",
    "distinct_numbers",
    "edges",
    "equals",
    "events",
    "fragments",
    "keyed",
    "provenance",
]


def column(parts: Components, name: str) -> pa.Array:
    """One attribute of all events."""
    return one_chunk(parts.attributes.column(name))


def equals(parts: Components, name: str, text: str) -> Flags:
    """Mark the events whose attribute is this text."""
    return flags(pc.equal(column(parts, name), pa.scalar(text, pa.large_string())))


def distinct_numbers(values: pd.Series[str]) -> Ints:
    """Number the distinct texts from 0."""
    numbers: Ints = pd.factorize(values)[0].astype(np.int64)
    return numbers


def optional_us(time: Ints, known: Flags) -> pd.Series[int]:
    """Microseconds, NA where unknown."""
    return pd.Series(pd.arrays.IntegerArray(np.where(known, time, 0), ~known))


def events(parts: Components, structure: Structure, used: Links) -> pd.DataFrame:
    """One row for each event."""
    count = len(parts)
    keys = column(parts, "key")
    labels = ("key", "event_id", "event_type", "source", "destination")
    binding = structure.binding
    hop = np.where(binding >= 0, parts.time - parts.time[binding], 0)
    timed = (binding >= 0) & (parts.time != NO_TIME) & (parts.time[binding] != NO_TIME)
    in_cycle = np.zeros(count, dtype=np.bool_)
    for members in structure.cycles:
        in_cycle[members] = True
    return pd.DataFrame(
        {
            **{name: column(parts, name).to_pandas() for name in labels},
            "t": instants(parts.time),
            "correlation_id": column(parts, "correlation_id").to_pandas(),
            "kind": pd.Categorical.from_codes(parts.root % len(_KINDS), pd.Index(_KINDS)),
            "depth": structure.depth,
            "fragment": structure.fragment,
            "causes": np.bincount(used.effect, minlength=count),
            "effects": np.bincount(used.cause, minlength=count),
            "copies": copy_counts(parts),
            "binding": _keys(keys, binding),
            "primary": _keys(keys, structure.primary),
            "root": _keys(keys, structure.root),
            "hop_us": optional_us(hop, timed),
            "in_cycle": in_cycle,
            "cluster": column(parts, "cluster").to_pandas(),
            "source_id": column(parts, "source_id").to_pandas(),
            "topic": column(parts, "topic").to_pandas(),
            "partition": column(parts, "partition").to_pandas(),
            "offset": column(parts, "offset").to_pandas(),
        },
    )


_KINDS = [*ROOT_KINDS, "inner"]
"""-1, no root, is the last one."""


def copy_counts(parts: Components) -> Ints:
    """Further records of each event; a record that only shares its id by mistake is an event of its own."""
    real = parts.copies.loc[parts.copies["kind"] != "collision", "node"].to_numpy(np.int64)
    return np.bincount(real, minlength=len(parts))


def _keys(keys: pa.Array, nodes: Ints) -> pd.Series[str]:
    series: pd.Series[str] = keys.take(pa.array(nodes, mask=nodes < 0)).to_pandas()
    return series


def edges(parts: Components, structure: Structure) -> pd.DataFrame:
    """One row for each edge of any kind."""
    links, keys = parts.links, column(parts, "key")
    early, late = parts.time[links.cause], parts.time[links.effect]
    timed = (early != NO_TIME) & (late != NO_TIME)
    broken = np.zeros(len(links), dtype=np.bool_)
    broken[np.flatnonzero(links.used())[structure.layout_break]] = True
    return pd.DataFrame(
        {
            "cause": _keys(keys, links.cause),
            "effect": _keys(keys, links.effect),
            "kind": links.kind_texts(),
            "rank": optional_us(links.rank, links.rank >= 0),
            "via": parts.via_texts(links.via),
            "hop_us": optional_us(np.where(timed, late, 0) - np.where(timed, early, 0), timed),
            "layout_break": broken,
            "used": links.used(),
        },
    )


def keyed(parts: Components, frame: pd.DataFrame) -> pd.DataFrame:
    """Name the events of a frame by their keys."""
    named = frame.drop(columns="node")
    named.insert(0, "event", _keys(column(parts, "key"), frame["node"].to_numpy(np.int64)))
    return named


def copies(parts: Components) -> pd.DataFrame:
    """One row for each copy."""
    named = keyed(parts, parts.copies)
    named["t"] = instants(named.pop("time").to_numpy(np.int64))
    return named


def fragments(parts: Components, structure: Structure) -> pd.DataFrame:
    """One row for each fragment."""
    grouped = pd.DataFrame(
        {
            "fragment": structure.fragment,
            "t": instants(parts.time),
            "key": column(parts, "key").to_pandas(),
            "head": structure.depth == 0,
        },
    ).groupby("fragment")
    return grouped.agg(
        events=("key", "size"),
        heads=("head", "sum"),
        first_t=("t", "min"),
        last_t=("t", "max"),
        first_event=("key", "first"),
    ).reset_index()


def provenance(parts: Components) -> str:
    """Say what was read, by which clock, and what stands beside it."""
    origin = parts.origin
    clock = "event time" if origin.clock == "event" else "record timestamp"
    fell_back, no_time = int(parts.fell_back.sum()), int((parts.time == NO_TIME).sum())
    said = [visible(origin.provenance, None)] if origin.provenance else []
    said.append(f"{visible(origin.selection, 120)}: {len(parts):,} of {origin.events:,} events")
    said.append(f"clock: {clock}" + (f", record timestamp for {fell_back:,} events without one" if fell_back else ""))
    if no_time:
        said.append(f"{no_time:,} events without any time")
    if origin.undecodable:
        said.append(f"{origin.undecodable:,} records of the snapshot could not be decoded")
    return " · ".join(said)
