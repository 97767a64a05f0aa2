"""Defines every error that this package raises, in one class tree.

```
WorkbenchError
├── ConfigurationError(ValueError)
├── ValidationError(ValueError)
├── PublishError
├── SubscriptionError
├── HandlerError
│   ├── RetryableError
│   └── NonRetryableError
├── TopicExistsError
├── OffsetOutOfRangeError
├── SchemaRegistryError
├── HttpProxyError
├── TransformError
├── ReplayRefused
├── BrokerUnavailableError
├── AuthenticationError
├── UnknownTopicError(LookupError)
├── UnknownEventError(LookupError)
├── WindowError(ValueError)
├── PositionError(ValueError)
├── TableError(ValueError)
├── FoldError
├── SpanFormatError(ValueError)
├── SnapshotError
│   ├── SnapshotLockedError
│   ├── SnapshotFormatError
│   └── QueryError(ValueError)
├── SequenceConflictError
├── StorageFullError(OSError)
├── GroupActiveError
└── MissingExtraError(ImportError)
```

Each message says what happened, to what, and what to do next. A record that cannot be decoded is returned as a value
and raises nothing. Errors of libraries are translated where they are caught and chained as ``__cause__``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Self


class WorkbenchError(Exception):
    """Base class of all errors that this package raises on purpose.

    Keyword arguments of subclasses are kept as attributes and survive pickling.
    """

    def __init__(self, message: str, **facts: Any) -> None:
        super().__init__(message)
        self.message = message
        for name, value in facts.items():
            setattr(self, name, value)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by message and attributes, whatever the subclass's signature."""
        return _rebuild, (type(self), self.message, dict(self.__dict__))

    @classmethod
    def _from_state(cls, message: str, state: Mapping[str, Any]) -> Self:
        error = cls.__new__(cls)
        error.args = (message,)
        error.__dict__.update(state)
        return error


def _rebuild(kind: type[WorkbenchError], message: str, state: Mapping[str, Any]) -> WorkbenchError:
    return kind._from_state(message, state)  # noqa: SLF001 - the pickling half of the class above


class ConfigurationError(WorkbenchError, ValueError):
    """An address, profile, field or environment variable cannot be used as given."""


class ValidationError(WorkbenchError, ValueError):
    """An event breaks the contract; nothing was sent.

    Attributes:
        errors: One ``(path, message, value_type)`` for each fault, all of them.
    """

    def __init__(self, message: str, *, errors: Sequence[tuple[str, str, str]] = ()) -> None:
        super().__init__(message)
        self.errors: list[tuple[str, str, str]] = list(errors)


class PublishError(WorkbenchError):
    """A record was not acknowledged by the broker."""

    def __init__(
        self,
        message: str,
        *,
        event_id: str | None = None,
        topic: str | None = None,
        partition: int | None = None,
        cause_code: str | None = None,
        retriable: bool = False,
    ) -> None:
        super().__init__(message)
        self.event_id = event_id
        self.topic = topic
        self.partition = partition
        self.cause_code = cause_code
        self.retriable = retriable


class SubscriptionError(WorkbenchError):
    """A subscription could not be set up; no member and no task remains."""

    def __init__(self, message: str, *, topic: str | None = None, group_id: str | None = None) -> None:
        super().__init__(message)
        self.topic = topic
        self.group_id = group_id


class HandlerError(WorkbenchError):
    """Raised by a handler to choose between retry and dead letter."""


class RetryableError(HandlerError):
    """Raised by a handler when the same event may succeed later: the event is retried."""


class NonRetryableError(HandlerError):
    """Raised by a handler when the same event would fail again: it is dead-lettered at once."""


class TopicExistsError(WorkbenchError):
    """The topic exists with other partitions, replication or configuration."""

    def __init__(self, message: str, *, topic: str, difference: Mapping[str, tuple[Any, Any]] | None = None) -> None:
        super().__init__(message)
        self.topic = topic
        self.difference = dict(difference or {})


class OffsetOutOfRangeError(WorkbenchError):
    """An offset lies below the log start or above the end of its partition."""

    def __init__(self, message: str, *, topic: str, partition: int, offset: int, low: int, high: int) -> None:
        super().__init__(message)
        self.topic = topic
        self.partition = partition
        self.offset = offset
        self.low = low
        self.high = high


class SchemaRegistryError(WorkbenchError):
    """A schema registry refused a request or did not answer."""

    def __init__(self, message: str, *, status: int | None = None, error_code: int | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code


class HttpProxyError(WorkbenchError):
    """An HTTP proxy refused a request, did not answer, or refused some of the records of a request.

    Attributes:
        status: HTTP status of the answer; None without one.
        error_code: The proxy's own code, such as 40402.
        result: What was written and what was not, where a request to write was answered for each partition.
    """

    def __init__(
        self, message: str, *, status: int | None = None, error_code: int | None = None, result: Any = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.error_code = error_code
        self.result = result


class TransformError(WorkbenchError):
    """A transform could not be checked, deployed or run."""

    def __init__(self, message: str, *, name: str, stage: str) -> None:
        super().__init__(message)
        self.name = name
        self.stage = stage


class ReplayRefused(WorkbenchError):  # noqa: N818 - the name is the contract's
    """A guard refused a replay; nothing was written.

    Attributes:
        reasons: The refusals that hold, each beginning with its rule (``"G-5: …"``).
    """

    def __init__(self, message: str, *, reasons: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.reasons: list[str] = list(reasons)


class BrokerUnavailableError(WorkbenchError):
    """No broker of the address answered within the deadline."""

    def __init__(self, message: str, *, addresses: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.addresses: list[str] = list(addresses)


class AuthenticationError(WorkbenchError):
    """The broker refused the credentials, the certificate, or the right to do this."""

    def __init__(self, message: str, *, mechanism: str | None = None) -> None:
        super().__init__(message)
        self.mechanism = mechanism


class UnknownTopicError(WorkbenchError, LookupError):
    """A named topic does not exist.

    Attributes:
        topic: The name asked for.
        similar: Existing names that are close to it, nearest first.
    """

    def __init__(self, message: str, *, topic: str, similar: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.topic = topic
        self.similar: list[str] = list(similar)


class UnknownEventError(WorkbenchError, LookupError):
    """No event of a graph has the id, correlation or fragment asked for.

    Attributes:
        wanted: What was asked for.
    """

    def __init__(self, message: str, *, wanted: str) -> None:
        super().__init__(message)
        self.wanted = wanted


class TableError(WorkbenchError, ValueError):
    """A table that was passed in does not have the columns, types or values that are needed.

    Attributes:
        columns: The names of these columns.
    """

    def __init__(self, message: str, *, columns: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.columns: list[str] = list(columns)


class FoldError(WorkbenchError):
    """A function that folds events into state failed, or returned what cannot be kept as a state.

    Attributes:
        key: The key of the event; empty where it was no single event.
        position: Its position, ``topic/partition@offset``.
    """

    def __init__(self, message: str, *, key: str = "", position: str = "") -> None:
        super().__init__(message)
        self.key = key
        self.position = position


class SpanFormatError(WorkbenchError, ValueError):
    """A file of spans cannot be read: it is empty, cut off, or of no known format.

    Attributes:
        path: The file.
    """

    def __init__(self, message: str, *, path: str) -> None:
        super().__init__(message)
        self.path = path


class WindowError(WorkbenchError, ValueError):
    """A ``start=`` or ``end=`` cannot be read.

    Attributes:
        text: What was given.
        position: Index of the first character that does not fit.
    """

    def __init__(self, message: str, *, text: str, position: int = 0) -> None:
        super().__init__(message)
        self.text = text
        self.position = position


class PositionError(WorkbenchError, ValueError):
    """A position of a record cannot be read; it is written ``topic/partition@offset``.

    Attributes:
        text: What was given.
    """

    def __init__(self, message: str, *, text: str) -> None:
        super().__init__(message)
        self.text = text


class SnapshotError(WorkbenchError):
    """A snapshot file cannot be opened, read or written as requested."""

    def __init__(self, message: str, *, path: str = "", **facts: Any) -> None:
        super().__init__(message, **facts)
        self.path = path


class SnapshotLockedError(SnapshotError):
    """Another process writes the file.

    Attributes:
        holder: Process id and command of the writer, as far as the system tells.
    """

    def __init__(self, message: str, *, path: str, holder: str | None = None) -> None:
        super().__init__(message, path=path)
        self.holder = holder


class SnapshotFormatError(SnapshotError):
    """The file is not a snapshot of the workbench, or was written by a newer version."""

    def __init__(self, message: str, *, path: str, found: str | None = None, expected: str | None = None) -> None:
        super().__init__(message, path=path)
        self.found = found
        self.expected = expected


class QueryError(SnapshotError, ValueError):
    """A query or a filter on a snapshot is not valid or failed.

    Attributes:
        query: The SQL as it was given.
    """

    def __init__(self, message: str, *, path: str = "", query: str = "") -> None:
        super().__init__(message, path=path)
        self.query = query


class SequenceConflictError(WorkbenchError):
    """Another writer has appended to the stream since it was read; nothing was appended.

    Attributes:
        stream_id: The stream.
        expected: The last sequence that the caller knew.
        found: The last sequence there is.
    """

    def __init__(self, message: str, *, stream_id: str, expected: int, found: int) -> None:
        super().__init__(message)
        self.stream_id = stream_id
        self.expected = expected
        self.found = found


class StorageFullError(WorkbenchError, OSError):
    """The disk is full; what was committed before is intact."""

    def __init__(self, message: str, *, path: str, needed_bytes: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.needed_bytes = needed_bytes


class GroupActiveError(WorkbenchError):
    """An offset change was asked for a group that has members."""

    def __init__(self, message: str, *, group_id: str, members: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.group_id = group_id
        self.members: list[str] = list(members)


class MissingExtraError(WorkbenchError, ImportError):
    """A feature needs a package that is not installed; the message names the extra that brings it."""

    def __init__(self, feature: str, *, package: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs the package {package}, which is not installed. "
            f"Install it with: pip install 'eventbus-workbench[{extra}]'",
        )
        self.feature = feature
        self.package = package
        self.extra = extra
