"""Reads two populations of events from a snapshot, for their comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from workbench.errors import ValidationError
from workbench.replay.selected_positions import POSITIONS, positions_of
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Collection

    from workbench.store.snapshot.store import SnapshotStore
    from workbench.tracing.comparison.populations import Comparison
    from workbench.tracing.trace import Trace

SAMPLE = 20_000
"""Rows of each side whose payloads are read; of more, evenly spread ones."""


def compare_events(
    store: SnapshotStore, traces: Trace | None, a: Any, b: Any, *, exclude: Collection[str]
) -> Comparison:
    """Compare the events, or the traces, of two selections.

    Args:
        store: The snapshot.
        traces: The trace of the whole snapshot if traces are compared, else None.
        a: What `workbench.replay.selected_positions.positions_of` takes.
        b: The same; None is the rest of the snapshot.
        exclude: Attributes that defined the selection.

    Raises:
        ValidationError: A side is empty.
    """
    from workbench.tracing.comparison.populations import compare_populations
    from workbench.tracing.comparison.traces import trace_populations

    first, name = positions_of(store, a)
    second, other = _rest(store, first) if b is None else positions_of(store, b)
    if not second.num_rows:
        raise ValidationError("The baseline is empty: the selection is the whole snapshot. Name what to compare with.")
    if traces is not None:
        sides = trace_populations(traces.data, first, None if b is None else second)
        roots = [_attributes(store, positions) for positions, _ in sides]
        merged = [
            [{**{f"root {attribute}": value for attribute, value in root.items()}, **figures}
             for root, figures in zip(found, of_side, strict=True)]
            for found, (_, of_side) in zip(roots, sides, strict=True)
        ]  # fmt: skip
        return compare_populations(*merged, exclude=exclude, names=(f"traces {name}", f"traces {other}"))
    sampled = [_spread(side) for side in (first, second)]
    note = ""
    if first.num_rows > SAMPLE or second.num_rows > SAMPLE:
        sizes = " and ".join(counted(side.num_rows, "event") for side in (first, second))
        note = f"of {sizes}, {SAMPLE:,} evenly spread ones on a side at most"
    return compare_populations(
        *(_attributes(store, side) for side in sampled), exclude=exclude, names=(name, other), note=note
    )


def _rest(store: SnapshotStore, chosen: pa.Table) -> tuple[pa.Table, str]:
    """Return all other positions."""
    everything = store.event_table().select(POSITIONS.names).cast(POSITIONS)
    return everything.join(chosen, POSITIONS.names, join_type="left anti").sort_by("offset"), "the rest"


def _spread(positions: pa.Table) -> pa.Table:
    if positions.num_rows <= SAMPLE:
        return positions
    return positions.take(pa.array(np.linspace(0, positions.num_rows - 1, SAMPLE).astype(np.int64)))


def _attributes(store: SnapshotStore, positions: pa.Table) -> list[dict[str, Any]]:
    """Read the attributes of some events, in the order of the positions."""
    from workbench.tracing.comparison.attributes import event_attributes

    events = store.event_table(positions=positions, with_decoded=True)
    records = store.record_table(positions=positions)
    found = {}
    for row, headers, value in zip(
        events.to_pylist(), records.column("headers").to_pylist(), records.column("value").to_pylist(), strict=True
    ):
        body = row["decoded"].encode() if row.get("decoded") is not None else value
        place = tuple(row[name] for name in POSITIONS.names)
        found[place] = event_attributes(row, headers or (), body)
    return [found[tuple(row.values())] for row in positions.to_pylist() if tuple(row.values()) in found]
