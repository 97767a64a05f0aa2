"""Provenance headers: those that a replay appends to a record, and those that earlier replays left on it.

Names and values are listed in docs/replay-rules.md, "Writing".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.joined_texts import joined_texts
from workbench.model import TimestampType
from workbench.replay.records.bodies import replay_headers
from workbench.replay.records.past_replays import (
    CHAIN,
    CORRELATION_ID,
    COUNT,
    ID,
    ORIGINAL_TIMESTAMP,
    carried_on,
)
from workbench.replay.records.raw_rows import RawRows
from workbench.replay.target.present import OF
from workbench.text import iso_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    Added: TypeAlias = bytes | pa.Array
    """The value of a header that all records get, or a binary array; a null value adds none."""

SEQ = b"x-replay-seq"
AT = b"x-replayed-at"
BY = b"x-replayed-by"
MODE = b"x-replay-mode"

_BEFORE = {
    b"x-replay-original-event-id": "original_event_id",
    b"x-replay-original-correlation-id": "original_correlation_id",
    b"x-replay-boundary-cause": "boundary_cause",
    b"x-replay-original-traceparent": "original_traceparent",
}
"""Headers that keep what a record had before it was rewritten, and the columns that hold it."""
SENT_COLUMNS = frozenset(
    {
        *("key", "value", "headers", "timestamp_ms", "timestamp_type", "partition", "offset", "cluster", "topic"),
        *("correlation_id", *_BEFORE.values()),
    }
)
"""Columns of a selection from which the sent record and its headers are made."""


@dataclass(frozen=True, slots=True)
class RecordHeaders:
    """Writes the headers of replayed records; holds the values that all records of a run share."""

    run_id: str
    mode: str
    product: str
    """Product and version."""

    def headers(
        self, records: pa.RecordBatch, seqs: NDArray[np.int64], at_ms: int, *, replayed: bool = True
    ) -> pa.Array:
        """Return the original headers of some records without those of earlier replays, then the new ones.

        Args:
            records: RECORD columns, ``cluster``, ``topic``, and perhaps ``correlation_id``.
            seqs: Their seqs.
            at_ms: When they are sent.
            replayed: Whether any of them may carry headers of an earlier replay.
        """
        added = self._added(records, seqs, at_ms)
        if replayed:
            added = _carrying_on(added, RawRows(records))
        return replay_headers(
            records.column("headers"), [(name, value) for name, value in added.items() if _adds(value)]
        )

    def _added(self, records: pa.RecordBatch, seqs: NDArray[np.int64], at_ms: int) -> dict[bytes, Added]:
        count = len(seqs)
        cluster, topic = (records.column(name) for name in ("cluster", "topic"))
        partition, offset = (records.column(name).to_numpy() for name in ("partition", "offset"))
        return {
            ID: self.run_id.encode(),
            SEQ: joined_texts(count, seqs),
            # ``{cluster}/{topic}/{partition}/{offset}``: the published value, which other tools read.
            OF: joined_texts(count, cluster, b"/", topic, b"/", partition, b"/", offset),
            COUNT: b"1",
            AT: iso_text(at_ms).encode(),
            BY: self.product.encode(),
            MODE: self.mode.encode(),
            ORIGINAL_TIMESTAMP: _original_timestamps(records),
            **{name: _column(records, column, count) for name, column in _BEFORE.items()},
            CHAIN: pa.nulls(count, pa.binary()),
            CORRELATION_ID: _column(records, "correlation_id", count),
        }


def _adds(value: Added) -> bool:
    return isinstance(value, bytes) or value.null_count < len(value)


def _original_timestamps(records: pa.RecordBatch) -> pa.Array:
    count, times = records.num_rows, records.column("timestamp_ms").to_numpy()
    appended = pc.equal(records.column("timestamp_type"), int(TimestampType.APPEND))
    plain = joined_texts(count, times)
    return pc.if_else(appended, joined_texts(count, times, b"/append"), plain) if pc.any(appended).as_py() else plain


def _carrying_on(added: Mapping[bytes, Added], headers: RawRows) -> dict[bytes, Added]:
    """Return the new headers with the facts of earlier replays carried on."""
    past = carried_on(headers, (*_BEFORE, ORIGINAL_TIMESTAMP, CORRELATION_ID))
    columns = {**added, COUNT: past[COUNT], CHAIN: past[CHAIN]}
    columns |= {name: pc.coalesce(past[name], added[name]) for name in (*_BEFORE, ORIGINAL_TIMESTAMP)}
    columns[CORRELATION_ID] = pc.coalesce(added[CORRELATION_ID], past[CORRELATION_ID])
    return columns


def _column(records: pa.RecordBatch, name: str, count: int) -> pa.Array:
    known = name in records.schema.names
    return pc.cast(records.column(name), pa.binary()) if known else pa.nulls(count, pa.binary())
