"""Snapshots: one DuckDB file with Parquet segments beside it."""

from workbench.store.appending import Appender
from workbench.store.provenance import (
    Advance,
    CaptureHead,
    CaptureState,
    RangeKey,
    Source,
    StoredRange,
)
from workbench.store.snapshot import SnapshotStore

__all__ = [
    "Advance",
    "Appender",
    "CaptureHead",
    "CaptureState",
    "RangeKey",
    "SnapshotStore",
    "Source",
    "StoredRange",
]
