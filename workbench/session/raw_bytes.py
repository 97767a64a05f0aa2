"""Keeps the raw bytes of masked records beside a snapshot, where the settings say so, and finds them for a replay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.model.records.masked_rows import masked_rows
from workbench.session.masking import present_policy
from workbench.store.snapshot.raw_records import BODY, RawRecords, raw_records_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from workbench.session.connection.cluster_connection import ClusterConnection


def raw_records(connection: ClusterConnection, snapshot: Path) -> RawRecords | None:
    """Open the file for the raw bytes of a capture; None where the settings do not ask for it."""
    return RawRecords(raw_records_path(snapshot), write=True) if connection.keeps_raw else None


def raw_of(snapshot: Path, records: pa.Table, clusters: Mapping[int, str | None]) -> pa.Table | None:
    """Return position and raw bytes of the masked records among these.

    It is None where none are kept, or where the settings no longer say so.

    Args:
        snapshot: The file of the snapshot.
        records: `RECORD` columns and ``source_id`` and ``topic``.
        clusters: Ids of clusters by source.
    """
    # A capture loads this module too, and replays would be a seventh of its start.
    from workbench.replay.record_positions import POSITION

    path = raw_records_path(snapshot)
    if not path.is_file() or not records.num_rows:
        return None
    policy = present_policy()
    if policy is None or not policy.keeps_raw:
        return None
    rows = np.flatnonzero(np.concatenate([masked_rows(one) for one in records["headers"].chunks]))
    if not len(rows):
        return None
    chosen = records.select(["topic", "partition", "offset", "timestamp_ms", "source_id"]).take(pa.array(rows))
    ids = pa.array([clusters.get(one) for one in chosen["source_id"].to_pylist()], pa.string())
    with RawRecords(path, write=False) as kept:
        found = kept.find(chosen.drop_columns(["source_id"]).append_column("cluster_id", ids))
    places = records.select(POSITION).take(pa.array(rows[found["number"].to_numpy()]))
    return pa.Table.from_arrays([*places.columns, *found.drop_columns(["number"]).columns], names=[*POSITION, *BODY])
