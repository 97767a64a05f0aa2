"""Reads one record of a snapshot in full, for the pane of a view."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.live.rows import TAIL, detail_of

if TYPE_CHECKING:
    from workbench.model.causation import EventPosition
    from workbench.model.feeds import RecordDetail
    from workbench.store.snapshot.store import SnapshotStore


def record_detail(store: SnapshotStore, position: EventPosition) -> RecordDetail | None:
    """Return key, value, headers and decoded facts of a record as text; None if the snapshot has no such record.

    Only the segments that may hold the position are read.
    """
    columns = {"source_id": [position.source_id], "partition": [position.partition], "offset": [position.offset]}
    picked = pa.table(columns)
    records, events = store.record_table(positions=picked), store.event_table(positions=picked, with_decoded=True)
    if not records.num_rows or not events.num_rows:
        return None
    raw = {name: records[name] for name in TAIL.names if name in records.column_names}
    decoded = {name: events[name] for name in TAIL.names if name not in raw}
    return detail_of(pa.table({**raw, **decoded}))
