"""The event store: streams of events with gap-free sequence numbers, in a snapshot file."""

from __future__ import annotations

import asyncio
import json
import threading
import uuid
from dataclasses import asdict, dataclass, is_dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.contract import body_of
from workbench.errors import SequenceConflictError, SnapshotError, ValidationError
from workbench.model.events.event import EventMessage, EventMetadata, SecurityContext
from workbench.model.events.handling import handled_event
from workbench.store.file.opening import open_for_writing
from workbench.store.journal.audit import add_audit_row
from workbench.store.snapshot.stored_sql import check_stored_sql

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from typing import Self

    import duckdb

    from workbench.store.file.connection import Connection


_AUDIT_COLUMNS = frozenset({"cluster", "topic", "records"})


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """One event of a stream."""

    stream_id: str
    sequence: int
    """1, 2, 3 … within the stream, without a gap."""
    event_id: str | None
    event_type: str
    event_data: dict[str, Any]
    metadata: dict[str, Any]
    event: dict[str, Any] | None
    """The whole envelope, where it was given; tokens are left out."""
    stored_at: datetime


class EventStore:
    """Appends events to streams and reads them back. Tokens are never stored.

    Args:
        connection: The open file; for writing, or read-only to read streams.
    """

    def __init__(self, connection: Connection, *, owns: bool = False) -> None:
        self._connection = connection
        self._owns = owns
        self._appending = threading.Lock()

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open or create a file for streams; close it when done. It may be the file of a snapshot.

        Raises:
            SnapshotLockedError: Another process writes the file.
            SnapshotFormatError: The file is something else, or newer.
        """
        return cls(open_for_writing(path, by="event store", check=check_stored_sql), owns=True)

    async def append_event(
        self,
        stream_id: str,
        event_data: dict[str, Any],
        event_type: str,
        metadata: EventMetadata | Mapping[str, Any],
        *,
        event: EventMessage | None = None,
        expected_sequence: int | None = None,
    ) -> int:
        """Append one event and return its sequence; an event id that the stream has already returns that one's.

        Args:
            stream_id: Usually the correlation id.
            event_data: The payload.
            event_type: Type of the event.
            metadata: Its metadata.
            event: The whole event; then `reconstruct_event_message` gives it back as it was, its token excepted.
                Inside a handler that stores the very payload and metadata of its event, it need not be given.
            expected_sequence: The last sequence that the caller knows (0: an empty stream); the append fails when the
                stream has moved on.

        Raises:
            SequenceConflictError: The stream's last sequence is not the expected one.
            ValidationError: A part cannot be written as JSON.
        """
        event = event if event is not None else _handled(event_data, metadata)
        row = _row(event_data, metadata, event)
        event_id = event.event_id if event is not None else None
        return await asyncio.to_thread(self._append, stream_id, event_id, event_type, row, expected_sequence)

    async def read_stream(self, stream_id: str, from_sequence: int = 0) -> list[StoredEvent]:
        """Read a stream in order from a sequence on, inclusive; 0 and 1 give all; an unknown stream is empty."""
        return await asyncio.to_thread(self._read, stream_id, from_sequence)

    async def streams(self) -> dict[str, int]:
        """Return all streams with their last sequence."""
        return await asyncio.to_thread(self._last_sequences)

    async def audit(self, action: str, *, who: str = "", reason: str = "", result: str, **details: Any) -> None:
        """Write one audit row: who did what, why, with which result.

        ``cluster``, ``topic`` and ``records`` among the details have columns of their own.
        """
        await asyncio.to_thread(self._audit, action, who, reason, result, details)

    def close(self) -> None:
        """Close the file if this store opened it."""
        if self._owns:
            self._connection.close()

    def _append(self, stream_id: str, event_id: str | None, event_type: str, row: _Row, expected: int | None) -> int:
        # The lock makes threads of this process take turns: two transactions that read the same last sequence would
        # conflict, and one append would fail.
        with self._appending, self._connection.transaction() as cursor:
            if event_id is not None and (known := _known(cursor, stream_id, event_id)) is not None:
                return known
            last = _last(cursor, stream_id)
            if expected is not None and expected != last:
                raise SequenceConflictError(
                    f"Stream {stream_id!r} is at sequence {last}, not {expected}; nothing was appended. "
                    "Read it again from there and decide anew.",
                    stream_id=stream_id,
                    expected=expected,
                    found=last,
                )
            cursor.execute(
                "INSERT INTO streams VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    stream_id,
                    last + 1,
                    event_id,
                    event_type,
                    row.data,
                    row.metadata,
                    row.event,
                    datetime.now(UTC).replace(tzinfo=None),
                ],
            )
            return last + 1

    def _read(self, stream_id: str, from_sequence: int) -> list[StoredEvent]:
        with self._connection.cursor() as cursor:
            rows = cursor.execute(
                'SELECT stream_id, "sequence", event_id, event_type, event_data, metadata, event, stored_at '
                'FROM streams WHERE stream_id = ? AND "sequence" >= ? ORDER BY "sequence"',
                [stream_id, from_sequence],
            ).fetchall()
        return [
            StoredEvent(
                stream,
                sequence,
                event_id,
                event_type,
                json.loads(data),
                json.loads(metadata),
                None if event is None else json.loads(event),
                stored_at.replace(tzinfo=UTC),
            )
            for stream, sequence, event_id, event_type, data, metadata, event, stored_at in rows
        ]

    def _last_sequences(self) -> dict[str, int]:
        with self._connection.cursor() as cursor:
            rows = cursor.execute('SELECT stream_id, max("sequence") FROM streams GROUP BY stream_id ORDER BY 1')
            return dict(rows.fetchall())

    def _audit(self, action: str, who: str, reason: str, result: str, details: Mapping[str, Any]) -> None:
        columns = {name: details[name] for name in details.keys() & _AUDIT_COLUMNS}
        rest = {name: details[name] for name in details.keys() - _AUDIT_COLUMNS}
        entry = {"action": action, "who": who, "reason": reason, "result": result, "details": rest, **columns}
        with self._connection.transaction() as cursor:
            add_audit_row(cursor, str(uuid.uuid4()), entry)


def reconstruct_event_message(stored: StoredEvent) -> EventMessage:
    """Rebuild the event: equal to the stored one in every field except the token.

    Raises:
        SnapshotError: It was stored without ``event=``, so it has no id and no time.
    """
    body = stored.event
    if body is None:
        raise SnapshotError(
            f"Event {stored.sequence} of stream {stored.stream_id!r} was stored without its envelope; "
            "append with event= to reconstruct it later.",
        )
    context = body["security_context"]
    if context is not None:
        context = SecurityContext(**{name: value for name, value in context.items() if name != "token_redacted"})
    return EventMessage(
        body["event_id"],
        body["event_type"],
        body["payload"],
        EventMetadata(**body["metadata"]),
        body["timestamp"],
        context,
    )


async def replay_events(event_store: EventStore, correlation_id: str, from_sequence: int = 0) -> list[EventMessage]:
    """Read the events of a correlation in order, for recovery or debugging; nothing is sent."""
    return [
        reconstruct_event_message(stored) for stored in await event_store.read_stream(correlation_id, from_sequence)
    ]


def _handled(event_data: object, metadata: object) -> EventMessage | None:
    """Return the event being handled, if the payload and metadata to store are those of it."""
    event = handled_event.get()
    ours = event is not None and event.payload is event_data and event.metadata is metadata
    return event if ours else None


@dataclass(frozen=True, slots=True)
class _Row:
    data: str
    metadata: str
    event: str | None


def _row(data: object, metadata: object, event: EventMessage | None) -> _Row:
    plain = asdict(metadata) if is_dataclass(metadata) and not isinstance(metadata, type) else metadata
    try:
        return _Row(_json(data), _json(plain), None if event is None else _json(body_of(event)))
    except (TypeError, ValueError) as error:
        raise ValidationError(
            f"The event cannot be stored as JSON: {error}.",
            errors=[("event_data", str(error), type(data).__name__)],
        ) from error


def _json(value: object) -> str:
    return json.dumps(value, allow_nan=False, ensure_ascii=False)


def _known(cursor: duckdb.DuckDBPyConnection, stream_id: str, event_id: str) -> int | None:
    row = cursor.execute(
        'SELECT "sequence" FROM streams WHERE stream_id = ? AND event_id = ?',
        [stream_id, event_id],
    ).fetchone()
    return None if row is None else int(row[0])


def _last(cursor: duckdb.DuckDBPyConnection, stream_id: str) -> int:
    row = cursor.execute('SELECT coalesce(max("sequence"), 0) FROM streams WHERE stream_id = ?', [stream_id]).fetchone()
    return 0 if row is None else int(row[0])
