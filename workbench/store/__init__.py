"""Snapshots: one DuckDB file with Parquet segments beside it."""

from workbench.store.snapshot.appending import Appender
from workbench.store.snapshot.provenance import (
    Advance,
    CaptureHead,
    CaptureState,
    RangeKey,
    Source,
    StoredRange,
)
from workbench.store.snapshot.store import SnapshotStore

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
