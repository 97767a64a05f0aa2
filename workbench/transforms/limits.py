"""Defines the limits of a transform: those of a Redpanda broker, and those that bound a local run in addition."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_MODULE_BYTES = 10 << 20
"""Largest module that a broker accepts."""
STACK_BYTES = 64 << 10
"""Stack of the guest."""
TABLE_ELEMENTS = 16_384
"""Largest table of the guest."""
FUEL_PER_MS = 2_000_000
"""Fuel that stands for one millisecond of work."""
MOST_BATCH_RECORDS = 500
"""Records of one batch that the guest is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of one run; the defaults of the first two are those of a broker.

    A broker bounds what the guest itself computes. What the guest asks of its host costs time and memory here as well,
    so a local run bounds it too; no transform that is meant to work comes near these bounds.
    """

    memory_bytes: int = 2 << 20
    """Memory of the guest: ``data_transforms_per_function_memory_limit``."""
    runtime_ms: int = 3_000
    """Work for one record, and for the start: ``data_transforms_runtime_limit_ms``, counted as fuel."""
    host_work: int = 50_000
    """Calls of host functions for one record; a call counts once more for every KiB that it moves."""
    outputs_per_record: int = 10_000
    """Records that may be written for one record."""
    output_bytes_per_record: int = 32 << 20
    """Bytes that may be written for one record."""
    output_bytes: int = 8 << 30
    """Bytes that one run over captured records may write to its temporary file."""
    log_lines: int = 1_000
    """Lines of a partition's log that are kept: the newest; the others are counted."""

    errors: int = 100
    """Failing records of a partition that are skipped, where they are skipped, before the partition is stopped."""

    @property
    def fuel(self) -> int:
        """Fuel for one record, and for the start."""
        return FUEL_PER_MS * self.runtime_ms
