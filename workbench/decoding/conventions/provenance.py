"""Reads the headers that mark a record as a copy: retry, dead letter, backup, replay.

Every writer that matches applies; ``origin`` and ``error`` come whole from one of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.filters import big_endian, little_endian, uuid_text
from workbench.decoding.ids import canonical_id
from workbench.model.events.envelope import EventError, Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from workbench.decoding.conventions.facts import Pick, RecordFacts
    from workbench.decoding.conventions.filters import RawValue

_INTEGER = re.compile(r"-?\d{1,19}", re.ASCII)
_LARGEST = {"partition": 2**31 - 1, "attempts": 2**31 - 1}
_LARGEST_LONG = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Found:
    """Origin and error in the headers or body of one writer."""

    origin: Origin | None = None
    error: EventError | None = None
    problems: frozenset[str] = frozenset()


@dataclass(slots=True)
class Provenance:
    """Origin, error and replay of a record, from all writers together."""

    origin: Origin | None = None
    error: EventError | None = None
    replay: dict[str, Any] | None = None
    request_id: str | None = None
    problems: set[str] = field(default_factory=set)


def _text_number(value: RawValue) -> RawValue | None:
    return value


@dataclass(frozen=True, slots=True)
class _Writer:
    """Header names of one writer."""

    via: str
    origin: Mapping[str, str] = field(default_factory=dict)
    """Field of `Origin` → header."""
    error: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field of `EventError` → headers, first that is present."""
    number: Callable[[RawValue], RawValue | None] = _text_number
    origin_pick: Pick = "last"
    """``first`` where every hop appends its own and the first is the true origin."""
    unless: str | None = None
    """A header whose presence gives the names to another writer."""


def _origin_names(prefix: str, **more: str) -> dict[str, str]:
    return {name: f"{prefix}{name}" for name in ("topic", "partition", "offset")} | more


_WRITERS = (
    _Writer(
        "spring_dlt",
        _origin_names(
            "kafka_dlt-original-",
            timestamp_ms="kafka_dlt-original-timestamp",
            group="kafka_dlt-original-consumer-group",
        ),
        {
            "type": (
                "kafka_dlt-exception-cause-fqcn",
                "kafka_dlt-exception-fqcn",
                "kafka_dlt-key-exception-cause-fqcn",
                "kafka_dlt-key-exception-fqcn",
            ),
            "message": ("kafka_dlt-exception-message", "kafka_dlt-key-exception-message"),
        },
        big_endian,
        origin_pick="first",
    ),
    _Writer(
        "spring_retry",
        {"timestamp_ms": "retry_topic-original-timestamp"},
        {"attempts": ("retry_topic-attempts",)},
        big_endian,
    ),
    _Writer(
        "spring_cloud_stream",
        _origin_names("x-original-", timestamp_ms="x-original-timestamp"),
        {"type": ("x-exception-fqcn",), "message": ("x-exception-message",)},
        big_endian,
    ),
    _Writer(
        "kafka_connect",
        _origin_names("__connect.errors."),
        {
            "type": ("__connect.errors.exception.class.name",),
            "message": ("__connect.errors.exception.message",),
            "stage": ("__connect.errors.stage",),
        },
    ),
    _Writer(
        "kafka_streams",
        _origin_names("__streams.errors."),
        {"type": ("__streams.errors.exception",), "message": ("__streams.errors.message",)},
    ),
    _Writer(
        "watermill",
        {"topic": "topic_poisoned"},
        {"message": ("reason_poisoned",), "stage": ("handler_poisoned",)},
    ),
    _Writer(
        "kafka_backup",
        {"partition": "x-source-partition", "offset": "x-original-offset", "timestamp_ms": "x-original-timestamp"},
        {},
        little_endian,
        unless="x-original-topic",
    ),
    _Writer("k2k", _origin_names("k2k_"), {}, big_endian),
    _Writer("masstransit_fault", {}, {"type": ("MT-Fault-ExceptionType",), "message": ("MT-Fault-Message",)}),
    _Writer(
        "nservicebus",
        {},
        {
            "type": ("NServiceBus.ExceptionInfo.ExceptionType",),
            "message": ("NServiceBus.ExceptionInfo.Message",),
            "stage": ("NServiceBus.FailedQ",),
        },
    ),
)
_CLOUD_STREAM_ONLY = ("x-original-topic", "x-original-partition", "x-exception-fqcn", "x-exception-message")
_REPLAY_TEXT = {
    "x-replay-id": "id",
    "x-replay-of": "of",
    "x-replay-mode": "mode",
    "x-replay-correlation-id": "correlation_id",
    "x-replay-original-event-id": "original_event_id",
    "x-replay-original-correlation-id": "original_correlation_id",
    "x-replay-original-timestamp": "original_timestamp",
    "x-replay-boundary-cause": "boundary_cause",
    "x-replayed-at": "at",
    "x-replayed-by": "by",
    "ServiceControl.EditOf": "of",
}
_REPLAY_NUMBERS = {"x-replay-seq": "seq", "x-replay-count": "count", "x-original-dlq-offset": "dlq_offset"}
_REPLAY_CHAIN = "x-replay-chain"
_REQUEST_ID = "kafka_correlationId"

REPLAY_HEADERS = frozenset({*_REPLAY_TEXT, *_REPLAY_NUMBERS, _REPLAY_CHAIN})
"""Names of the headers that replays write."""
PROVENANCE_HEADERS = frozenset(
    {
        *(name for writer in _WRITERS for name in writer.origin.values()),
        *(name for writer in _WRITERS for names in writer.error.values() for name in names),
        *REPLAY_HEADERS,
        _REQUEST_ID,
    },
)
"""Names of all headers that are read here."""


def read_provenance(facts: RecordFacts, body_marks: Found | None) -> Provenance:
    """Read the headers of every writer; ``body_marks``, from the body of a dead letter, come last in precedence."""
    if body_marks is None and PROVENANCE_HEADERS.isdisjoint(facts.header_names):
        return Provenance()
    found = [marks for writer in _WRITERS if (marks := _read_writer(facts, writer)) is not None]
    if body_marks is not None:
        found.append(body_marks)
    result = Provenance(replay=_read_replay(facts), request_id=_read_request_id(facts))
    chosen = next((marks for marks in found if marks.origin is not None and marks.origin.topic is not None), None)
    chosen = chosen or next(iter(found), None)
    if chosen is None:
        return result
    result.origin, result.error = chosen.origin, chosen.error
    result.problems.update(chosen.problems)
    attempts = next((m.error.attempts for m in found if m.error is not None and m.error.attempts is not None), None)
    if attempts is not None and (result.error is None or result.error.attempts is None):
        result.error = replace(result.error or EventError(), attempts=attempts)
    return result


def _read_writer(facts: RecordFacts, writer: _Writer) -> Found | None:
    if writer.unless is not None and facts.occurrences(writer.unless):
        return None
    if writer.via == "spring_cloud_stream" and not any(facts.occurrences(name) for name in _CLOUD_STREAM_ONLY):
        return None
    problems: set[str] = set()
    origin = _read_origin(facts, writer, writer.origin_pick, problems)
    if origin is not None and writer.origin_pick == "first":
        repeated = any(len(facts.occurrences(name)) > 1 for name in writer.origin.values())
        hop = _read_origin(facts, writer, "last", set()) if repeated else None
        origin = replace(origin, via_hop=None if hop is None else hop.position)
    error = _read_error(facts, writer)
    if origin is None and error is None and not problems:
        return None
    return Found(origin, error, frozenset(problems))


def _read_origin(facts: RecordFacts, writer: _Writer, pick: Pick, problems: set[str]) -> Origin | None:
    values: dict[str, Any] = {}
    for name, header in writer.origin.items():
        content = facts.header(header, pick)
        if content is None:
            continue
        if name in ("topic", "group"):
            values[name] = _utf8(content)
        else:
            values[name] = position_number(name, writer.number(content), problems)
    return Origin(**values, via=writer.via) if values else None


def _read_error(facts: RecordFacts, writer: _Writer) -> EventError | None:
    values: dict[str, Any] = {}
    for name, headers in writer.error.items():
        content = next((found for header in headers if (found := facts.header(header)) is not None), None)
        if content is None:
            continue
        values[name] = integer(name, writer.number(content)) if name == "attempts" else _utf8(content)
    return EventError(**values) if any(value is not None for value in values.values()) else None


def position_number(name: str, value: RawValue | None, problems: set[str]) -> int | None:
    """Read a partition, offset or timestamp; one that is negative or unreadable is reported as ``bad_position``."""
    number = integer(name, value)
    if number is None or number < 0:
        problems.add("bad_position")
        return None
    return number


def integer(name: str, value: RawValue | None) -> int | None:
    """Read a decimal integer; None where it is none or does not fit its column."""
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    if text is None or not _INTEGER.fullmatch(text):
        return None
    number = int(text)
    return number if abs(number) <= _LARGEST.get(name, _LARGEST_LONG) else None


def _utf8(content: bytes) -> str | None:
    try:
        return content.decode()
    except UnicodeDecodeError:
        return None


def replay_marks(texts: Mapping[str, str]) -> dict[str, Any] | None:
    """Read the headers of replays, given by name; a number that cannot be read keeps its text."""
    marks: dict[str, Any] = {name: texts[header] for header, name in _REPLAY_TEXT.items() if header in texts}
    for header, name in _REPLAY_NUMBERS.items():
        if (text := texts.get(header)) is not None:
            number = integer(name, text)
            marks[name] = text if number is None else number
    if (text := texts.get(_REPLAY_CHAIN)) is not None:
        marks["chain"] = [part.strip() for part in text.split(",")]
    return marks or None


def _read_replay(facts: RecordFacts) -> dict[str, Any] | None:
    contents = {name: facts.header(name) for name in REPLAY_HEADERS}
    return replay_marks({name: raw.decode("utf-8", "backslashreplace") for name, raw in contents.items() if raw})


def _read_request_id(facts: RecordFacts) -> str | None:
    content = facts.header(_REQUEST_ID)
    if content is None:
        return None
    value = uuid_text(content)
    text = _utf8(value) if isinstance(value, bytes) else value
    return "hex:" + content.hex() if text is None else canonical_id(text)
