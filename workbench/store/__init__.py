"""Snapshots: one DuckDB file with Parquet segments beside it."""

from workbench.store.snapshot.appending import Appender
from workbench.store.snapshot.captures import CaptureHead
from workbench.store.snapshot.ranges import CaptureState, RangeKey, RangeUpdate, StoredRange
from workbench.store.snapshot.sources import Source
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
