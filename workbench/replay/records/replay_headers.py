"""Provenance headers: those that a replay appends to a record, and those that earlier replays left on it.

Names and values are listed in docs/replay-rules.md, "Writing".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.model import TimestampType
from workbench.replay.records.raw_rows import X_REPLAY
from workbench.replay.target.present import OF
from workbench.text import iso_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model import HeaderList
    from workbench.replay.records.raw_rows import RawRows

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
_CARRIED = (
    b"x-replay-original-event-id",
    b"x-replay-original-correlation-id",
    b"x-replay-boundary-cause",
)
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
    names = (ID, COUNT, CHAIN, *_CARRIED, ORIGINAL_TIMESTAMP)
    replayed = sorted({row for name in names for row, _ in rows.named(name)})
    return {row: read_history(rows.headers(row)) for row in replayed}


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
class Origin:
    """The source record that the provenance headers of a replayed record name."""

    position: str
    """``{cluster}/{topic}/{partition}/{offset}``: the published value of ``x-replay-of``, which other tools read."""
    timestamp_ms: int
    timestamp_type: int
    correlation_id: str | None
    history: ReplayHistory = NEVER_REPLAYED


@dataclass(frozen=True, slots=True)
class RecordHeaders:
    """Writes the headers of replayed records; holds the values that all records of a run share."""

    run_id: str
    mode: str
    product: str
    """Product and version."""

    def headers(self, original: HeaderList, origin: Origin, seq: int, at_ms: int) -> HeaderList:
        """Return the original headers without those of earlier replays, then the new ones."""
        kept = tuple(header for header in original if not header[0].startswith(X_REPLAY))
        return kept + tuple(self._added(origin, seq, at_ms).items())

    def _added(self, origin: Origin, seq: int, at_ms: int) -> Mapping[bytes, bytes | None]:
        history = origin.history
        added: dict[bytes, bytes | None] = {
            ID: self.run_id.encode(),
            SEQ: str(seq).encode(),
            OF: origin.position.encode(),
            COUNT: str(history.count + 1).encode(),
            AT: iso_text(at_ms).encode(),
            BY: self.product.encode(),
            MODE: self.mode.encode(),
            ORIGINAL_TIMESTAMP: _original_timestamp(origin),
            **dict(history.carried),
        }
        if history.runs:
            added[CHAIN] = ",".join(history.runs[-CHAIN_LENGTH:]).encode()
        correlation = history.correlation_id if origin.correlation_id is None else origin.correlation_id.encode()
        if correlation is not None:
            added[CORRELATION_ID] = correlation
        return added


def _original_timestamp(origin: Origin) -> bytes:
    if origin.history.original_timestamp is not None:
        return origin.history.original_timestamp
    suffix = "/append" if origin.timestamp_type == TimestampType.APPEND else ""
    return f"{origin.timestamp_ms}{suffix}".encode()


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")
