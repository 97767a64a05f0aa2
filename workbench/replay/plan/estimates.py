"""Estimates of a plan: amounts, lanes, duration and transactions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from workbench.replay.plan.batches import split
from workbench.replay.plan.pace import original_pace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.replay.records.replay_records import ReplayRecords


@dataclass(frozen=True, slots=True)
class Lane:
    """The ordered records bound for one target partition."""

    topic: str
    partition: int
    """-1 where the target has no partition for them."""
    records: int
    bytes: int
    """Key, value and headers of the source records."""
    first_ms: int | None
    """Smallest source timestamp; None when no record has one."""
    last_ms: int | None


@dataclass(frozen=True, slots=True)
class Estimates:
    """Amounts of a plan, without the records that are left out."""

    records: int
    bytes: int
    lanes: tuple[Lane, ...]
    duration_s: float | None
    """Shortest duration that the rates allow; None without a rate."""
    transactions: int
    """Transactions, or batches of an idempotent writer."""
    largest_seq: int | None
    largest_bytes: int
    first_ms: int | None
    last_ms: int | None
    tombstones: int
    distinct_keys: int
    types: Mapping[str, int]
    """Records per event type, most frequent first; empty when the selection was not decoded."""


def estimate(records: ReplayRecords, sent: npt.NDArray[np.int64]) -> Estimates:
    """Count the records to send.

    Args:
        records: Records of the plan.
        sent: Seqs that are not left out, ascending.
    """
    sizes = records.sizes[sent]
    names = [name for name in ("key", "event_type") if name in records.table.column_names]
    chosen = records.table.select(names).append_column("tombstone", pc.is_null(records.table["value"]))
    if len(sent) < len(records):
        chosen = chosen.take(pa.array(sent))
    times = _span(records.numbers("timestamp_ms")[sent])
    total = int(sizes.sum())
    largest = int(sent[int(sizes.argmax())]) if len(sent) else None
    return Estimates(
        records=len(sent),
        bytes=total,
        lanes=_lanes(records, sent),
        duration_s=_duration(records, sent, total),
        transactions=sum(1 for _ in split(sent, sizes, records.numbers("timestamp_ms")[sent], records.options)),
        largest_seq=largest,
        largest_bytes=int(sizes.max()) if len(sent) else 0,
        first_ms=times[0],
        last_ms=times[1],
        tombstones=pc.sum(chosen["tombstone"]).as_py() or 0,
        distinct_keys=pc.count_distinct(chosen["key"], mode="only_valid").as_py(),
        types=_types(chosen),
    )


def _lanes(records: ReplayRecords, sent: npt.NDArray[np.int64]) -> tuple[Lane, ...]:
    lanes = []
    chosen = np.zeros(len(records), bool)
    chosen[sent] = True
    times = records.numbers("timestamp_ms")
    for topic, bound in records.target_rows.items():
        seqs = bound[chosen[bound]]
        partitions = records.target_partitions[seqs]
        # Shifted by one, because -1 stands for none.
        for partition in (np.flatnonzero(np.bincount(partitions + 1)) - 1).tolist():
            own = seqs[partitions == partition]
            size = int(records.sizes[own].sum())
            lanes.append(Lane(topic, partition, len(own), size, *_span(times[own])))
    return tuple(lanes)


def _span(times: npt.NDArray[np.int64]) -> tuple[int | None, int | None]:
    known = times[times >= 0]
    return (int(known.min()), int(known.max())) if len(known) else (None, None)


def _duration(records: ReplayRecords, sent: npt.NDArray[np.int64], size: int) -> float | None:
    options = records.options
    pairs = ((len(sent), options.records_per_s), (size, options.bytes_per_s))
    # In the seconds of the ramp a tenth is sent, so what it holds back comes behind it.
    ramp_s = float(options.ramp_s or 0)
    whole = [float(amount / rate) for amount, rate in pairs if rate is not None]
    spans = [min(seconds * 10, seconds + ramp_s * 0.9) for seconds in whole]
    if options.speed is not None and len(sent):
        times = records.numbers("timestamp_ms")[sent]
        spans.append(float(original_pace(times, options.speed, options.max_gap_ms)[-1]) / 1000)
    return max(spans, default=None)


def _types(chosen: pa.Table) -> dict[str, int]:
    if "event_type" not in chosen.column_names:
        return {}
    counts = pc.value_counts(chosen["event_type"]).to_pylist()
    ordered = sorted(counts, key=lambda item: (-item["counts"], item["values"] or ""))
    return {item["values"] or "(none)": item["counts"] for item in ordered}
