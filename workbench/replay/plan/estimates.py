"""Estimates of a plan: amounts, lanes, duration and transactions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.known_texts import distinct
from workbench.buffers.mapped import release, steps_of
from workbench.replay.plan.batches import split
from workbench.replay.plan.pace import original_pace
from workbench.replay.records.raw_rows import beside
from workbench.text import partition_text

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

    @property
    def name(self) -> str:
        """The target partition, or that there is none."""
        return partition_text(self.topic, self.partition) if self.partition >= 0 else f"{self.topic}: no partition"

    def joined(self, other: Lane) -> Lane:
        """Return this lane with more of its records."""
        return replace(
            self,
            records=self.records + other.records,
            bytes=self.bytes + other.bytes,
            first_ms=_least(self.first_ms, other.first_ms),
            last_ms=_most(self.last_ms, other.last_ms),
        )


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
    rows = beside(sent)
    sizes, times = records.sizes[rows], records.numbers("timestamp_ms")[rows]
    names = [name for name in ("key", "event_type") if name in records.table.column_names]
    chosen = records.table.select(names).append_column("tombstone", pc.is_null(records.table["value"]))
    if len(sent) < len(records):
        chosen = chosen.take(pa.array(sent))
    first_ms, last_ms = _span(times)
    total = int(sizes.sum())
    largest = int(sent[int(sizes.argmax())]) if len(sent) else None
    release()
    return Estimates(
        records=len(sent),
        bytes=total,
        lanes=_lanes(records, sent),
        duration_s=_duration(records, sent, total),
        transactions=sum(1 for _ in split(sent, sizes, times, records.options)),
        largest_seq=largest,
        largest_bytes=int(sizes.max()) if len(sent) else 0,
        first_ms=first_ms,
        last_ms=last_ms,
        tombstones=pc.sum(chosen["tombstone"]).as_py() or 0,
        distinct_keys=distinct(chosen, "key"),
        types=_types(chosen),
    )


def _lanes(records: ReplayRecords, sent: npt.NDArray[np.int64]) -> tuple[Lane, ...]:
    found: dict[int, Lane] = {}
    times = records.numbers("timestamp_ms")
    for step in steps_of(len(sent)):
        seqs = sent[step]
        lanes = records.lanes[beside(seqs)]
        for number in np.unique(lanes).tolist():
            own = seqs[lanes == number]
            at = records.target_partition(int(own[0]))
            lane = Lane(at.topic, at.partition, len(own), int(records.sizes[own].sum()), *_span(times[own]))
            found[number] = lane if number not in found else found[number].joined(lane)
    order = {name: number for number, name in enumerate(records.facts.target_topics)}
    return tuple(sorted(found.values(), key=lambda lane: (order[lane.topic], lane.partition)))


def _span(times: npt.NDArray[np.int64]) -> tuple[int | None, int | None]:
    first, last = None, None
    for step in steps_of(len(times)):
        known = times[step][times[step] >= 0]
        if len(known):
            first, last = _least(first, int(known.min())), _most(last, int(known.max()))
    return first, last


def _least(one: int | None, other: int | None) -> int | None:
    return min((time for time in (one, other) if time is not None), default=None)


def _most(one: int | None, other: int | None) -> int | None:
    return max((time for time in (one, other) if time is not None), default=None)


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
