"""Measures the decoder on the variants: CPU seconds a row, in calls of a given size."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from variants.rows import ROWS, VARIANTS, Variant
from workbench.decoding import Decoder

if TYPE_CHECKING:
    import pyarrow as pa

ROUNDS = 3
LARGE_CALL = 16_000
CONTRACT_RUNS = 4
DAMAGED = frozenset({"contract: duplicate key at top (event_id twice)", "non-UTF-8 value in a read header"})
"""Variants of damaged rows: these may cost more, each for itself alone."""
MIXED = frozenset({"mixed topic: contract/CE/masstransit/text/tombstone"})
DAMAGED_ROW_S = 20e-6
"""CPU seconds that a damaged row may cost."""
MIXED_TOPIC = "shop.orders"


@dataclass(frozen=True, slots=True)
class Rate:
    """What one variant cost in calls of ``call_rows`` rows."""

    variant: Variant
    row_s: float
    row_bytes: float
    call_rows: int

    @property
    def rows_a_second(self) -> float:
        return 1 / self.row_s


def row_seconds(using: Decoder, batch: pa.RecordBatch, topic: str, call_rows: int = ROWS) -> float:
    """Return the CPU seconds that a row costs: the best of a few rounds over the batch, after one to warm up."""
    calls = [batch.slice(start, call_rows) for start in range(0, batch.num_rows, call_rows)]
    using.decode(calls[0], topic)
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for call in calls:
            using.decode(call, topic)
        best = min(best, time.process_time() - started)
        if best > 1:  # a slow variant shows it at once
            break
    return best / int(batch.num_rows)


def decoder(variant: Variant | None = None) -> Decoder:
    """Make the decoder that a capture of such a topic has."""
    return Decoder(None if variant is None else variant.conventions)


def measured(variant: Variant, call_rows: int = ROWS) -> Rate:
    """Measure one variant with a decoder of its conventions."""
    rows = variant.rows if variant.rows < ROWS else max(call_rows, ROWS)
    batch = variant.batch(rows)
    seconds = row_seconds(decoder(variant), batch, variant.topic, min(call_rows, rows))
    return Rate(variant, seconds, batch.nbytes / rows, call_rows)


def contract() -> Rate:
    """Measure the body of the contract, with which the others are compared.

    The best of several: it is measured first, when the processor and the allocator are not warm yet, and a rate that is
    too low would flatter all others.
    """
    return min((measured(VARIANTS[0]) for _ in range(CONTRACT_RUNS)), key=lambda rate: rate.row_s)


def call_rows_published(variant: Variant) -> int:
    """Rows of a call as in the published table; a variant that had no bulk way then shows its rate in fewer."""
    return LARGE_CALL if variant.published >= LARGE_CALL else ROWS
