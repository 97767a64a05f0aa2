"""Snapshots: one DuckDB file with Parquet segments beside it."""

from workbench.store.snapshot.appending import Appender
from workbench.store.snapshot.provenance import (
    CaptureHead,
    CaptureState,
    RangeKey,
    RangeUpdate,
    Source,
    StoredRange,
)
from workbench.store.snapshot.store import SnapshotStore

__all__ = [
    "Appender",
    "CaptureHead",
    "CaptureState",
    "RangeKey",
    "RangeUpdate",
    "SnapshotStore",
    "Source",
    "StoredRange",
]
