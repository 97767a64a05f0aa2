"""The headers that tell a replayed record from its original, and those that earlier replays left."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from workbench.model import TimestampType
from workbench.replay.records.raw_rows import X_REPLAY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model import HeaderList
    from workbench.replay.records.raw_rows import RawRows

ID = b"x-replay-id"
SEQ = b"x-replay-seq"
OF = b"x-replay-of"
COUNT = b"x-replay-count"
AT = b"x-replayed-at"
BY = b"x-replayed-by"
MODE = b"x-replay-mode"
ORIGINAL_TIMESTAMP = b"x-replay-original-timestamp"
CHAIN = b"x-replay-chain"
CORRELATION_ID = b"x-replay-correlation-id"

CHAIN_LENGTH = 8
_CARRIED = (
    b"x-replay-original-event-id",
    b"x-replay-original-correlation-id",
    b"x-replay-boundary-cause",
)
_NUMBER = re.compile(rb"[0-9]{1,9}\Z")


@dataclass(frozen=True, slots=True)
class Marks:
    """What earlier replays of a record left in its headers."""

    count: int = 0
    count_valid: bool = True
    """False when a count is there and is no plain number."""
    runs: tuple[str, ...] = ()
    """Ids of earlier runs, newest last."""
    carried: tuple[tuple[bytes, bytes | None], ...] = ()
    """Facts that a further replay carries on."""
    original_timestamp: bytes | None = None
    correlation_id: bytes | None = None


NO_MARKS = Marks()


def marks_of(rows: RawRows) -> dict[int, Marks]:
    """Marks of the rows that carry any; all others were never replayed."""
    marked = sorted({row for name in (ID, COUNT, CHAIN, *_CARRIED, ORIGINAL_TIMESTAMP) for row, _ in rows.named(name)})
    return {row: read_marks(rows.headers(row)) for row in marked}


def read_marks(headers: HeaderList) -> Marks:
    """Read the marks of one record; of repeated headers the last counts, of counts the highest."""
    found = {name: content for name, content in headers if name.startswith(X_REPLAY)}
    counts = [content or b"" for name, content in headers if name == COUNT]
    valid = all(_NUMBER.match(count) for count in counts)
    chain = [run.strip() for run in _text(found.get(CHAIN)).split(",")]
    runs = dict.fromkeys(run for run in [*chain, *(_text(c) for n, c in headers if n == ID)] if run)
    return Marks(
        count=max(map(int, counts), default=0) if valid else 0,
        count_valid=valid,
        runs=tuple(runs),
        carried=tuple((name, found[name]) for name in _CARRIED if name in found),
        original_timestamp=found.get(ORIGINAL_TIMESTAMP),
        correlation_id=found.get(CORRELATION_ID),
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record came from, for its provenance headers."""

    position: str
    """``{cluster}/{topic}/{partition}/{offset}``."""
    timestamp_ms: int
    timestamp_type: int
    correlation_id: str | None
    marks: Marks = NO_MARKS


@dataclass(frozen=True, slots=True)
class RecordHeaders:
    """What is the same in all records of one run."""

    run_id: str
    mode: str
    by: str

    def headers(self, original: HeaderList, origin: Origin, seq: int, at_ms: int) -> HeaderList:
        """Original headers without those of earlier replays, then the new ones."""
        kept = tuple(header for header in original if not header[0].startswith(X_REPLAY))
        return kept + tuple(self._added(origin, seq, at_ms).items())

    def _added(self, origin: Origin, seq: int, at_ms: int) -> Mapping[bytes, bytes | None]:
        marks = origin.marks
        added: dict[bytes, bytes | None] = {
            ID: self.run_id.encode(),
            SEQ: str(seq).encode(),
            OF: origin.position.encode(),
            COUNT: str(marks.count + 1).encode(),
            AT: utc_text(at_ms).encode(),
            BY: self.by.encode(),
            MODE: self.mode.encode(),
            ORIGINAL_TIMESTAMP: _original_timestamp(origin),
            **dict(marks.carried),
        }
        if marks.runs:
            added[CHAIN] = ",".join(marks.runs[-CHAIN_LENGTH:]).encode()
        correlation = marks.correlation_id if origin.correlation_id is None else origin.correlation_id.encode()
        if correlation is not None:
            added[CORRELATION_ID] = correlation
        return added


def utc_text(at_ms: int) -> str:
    """Aware ISO 8601 text with milliseconds, always of the same length."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def _original_timestamp(origin: Origin) -> bytes:
    if origin.marks.original_timestamp is not None:
        return origin.marks.original_timestamp
    suffix = "/append" if origin.timestamp_type == TimestampType.APPEND else ""
    return f"{origin.timestamp_ms}{suffix}".encode()


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")
