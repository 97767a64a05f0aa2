"""Provenance headers: those that a replay appends to a record, and those that earlier replays left on it.

Names and values are listed in docs/replay-rules.md, "Writing".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.joined_texts import joined_texts
from workbench.model import TimestampType
from workbench.replay.records.bodies import replay_headers
from workbench.replay.replay_mark import X_REPLAY
from workbench.replay.target.present import OF
from workbench.text import iso_text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    import numpy as np
    from numpy.typing import NDArray

    from workbench.model import HeaderList
    from workbench.replay.records.raw_rows import RawRows

    Added: TypeAlias = bytes | pa.Array
    """The value of a header that all records get, or a binary array; a null value adds none."""

ID = b"x-replay-id"
SEQ = b"x-replay-seq"
COUNT = b"x-replay-count"
AT = b"x-replayed-at"
BY = b"x-replayed-by"
MODE = b"x-replay-mode"
ORIGINAL_TIMESTAMP = b"x-replay-original-timestamp"
CHAIN = b"x-replay-chain"
CORRELATION_ID = b"x-replay-correlation-id"

CHAIN_LENGTH = 8
_BEFORE = {
    b"x-replay-original-event-id": "original_event_id",
    b"x-replay-original-correlation-id": "original_correlation_id",
    b"x-replay-boundary-cause": "boundary_cause",
    b"x-replay-original-traceparent": "original_traceparent",
}
"""Headers that keep what a record had before it was rewritten, and the columns that hold it."""
_CARRIED = tuple(_BEFORE)
SENT_COLUMNS = frozenset(
    {
        *("key", "value", "headers", "timestamp_ms", "timestamp_type", "partition", "offset", "cluster", "topic"),
        *("correlation_id", *_BEFORE.values()),
    }
)
"""Columns of a selection from which the sent record and its headers are made."""
_NUMBER = re.compile(rb"[0-9]{1,9}\Z")


@dataclass(frozen=True, slots=True)
class ReplayHistory:
    """The earlier replays of a record, as its headers tell them."""

    count: int = 0
    count_valid: bool = True
    """False when a count is there and is no plain number."""
    runs: tuple[str, ...] = ()
    """Ids of earlier runs, newest last."""
    carried: tuple[tuple[bytes, bytes | None], ...] = ()
    """Headers that a further replay copies unchanged."""
    original_timestamp: bytes | None = None
    correlation_id: bytes | None = None


NEVER_REPLAYED = ReplayHistory()


def replay_histories(rows: RawRows) -> dict[int, ReplayHistory]:
    """Read the history of each row that was replayed before; rows without replay headers are left out."""
    found = {row: read_history(rows.headers(row)) for row in rows.replayed()}
    return {row: history for row, history in found.items() if history != NEVER_REPLAYED}


def read_history(headers: HeaderList) -> ReplayHistory:
    """Read the history of one record; of a repeated header the last one counts, of repeated counts the highest."""
    found = {name: content for name, content in headers if name.startswith(X_REPLAY)}
    counts = [content or b"" for name, content in headers if name == COUNT]
    valid = all(_NUMBER.match(count) for count in counts)
    chain = [run.strip() for run in _text(found.get(CHAIN)).split(",")]
    runs = dict.fromkeys(run for run in [*chain, *(_text(c) for n, c in headers if n == ID)] if run)
    return ReplayHistory(
        count=max(map(int, counts), default=0) if valid else 0,
        count_valid=valid,
        runs=tuple(runs),
        carried=tuple((name, found[name]) for name in _CARRIED if name in found),
        original_timestamp=found.get(ORIGINAL_TIMESTAMP),
        correlation_id=found.get(CORRELATION_ID),
    )


@dataclass(frozen=True, slots=True)
class RecordHeaders:
    """Writes the headers of replayed records; holds the values that all records of a run share."""

    run_id: str
    mode: str
    product: str
    """Product and version."""

    def headers(
        self, records: pa.RecordBatch, seqs: NDArray[np.int64], histories: Mapping[int, ReplayHistory], at_ms: int
    ) -> pa.Array:
        """Return the original headers of some records without those of earlier replays, then the new ones.

        Args:
            records: RECORD columns, ``cluster``, ``topic``, and perhaps ``correlation_id``.
            seqs: Their seqs.
            histories: Earlier replays of those that have any, by row.
            at_ms: When they are sent.
        """
        added = self._added(records, seqs, at_ms)
        if histories:
            added = _with_histories(added, histories, len(seqs))
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


def _with_histories(
    added: Mapping[bytes, Added], histories: Mapping[int, ReplayHistory], count: int
) -> dict[bytes, Added]:
    """Return the new headers with the facts of earlier replays carried on."""
    changed: dict[bytes, dict[int, bytes]] = {name: {} for name in added}
    correlations: pa.Array = added[CORRELATION_ID]
    for row, history in histories.items():
        changed[COUNT][row] = str(history.count + 1).encode()
        for name, content in history.carried:
            if content is not None:
                changed[name][row] = content
        if history.runs:
            changed[CHAIN][row] = ",".join(history.runs[-CHAIN_LENGTH:]).encode()
        if history.original_timestamp is not None:
            changed[ORIGINAL_TIMESTAMP][row] = history.original_timestamp
        if history.correlation_id is not None and not correlations[row].is_valid:
            changed[CORRELATION_ID][row] = history.correlation_id
    columns = dict(added)
    for name, given in changed.items():
        if given:
            new = pa.array([given.get(row) for row in range(count)], pa.binary())
            columns[name] = pc.coalesce(new, pa.scalar(added[name], pa.binary()) if name == COUNT else added[name])
    return columns


def _column(records: pa.RecordBatch, name: str, count: int) -> pa.Array:
    known = name in records.schema.names
    return pc.cast(records.column(name), pa.binary()) if known else pa.nulls(count, pa.binary())


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")
