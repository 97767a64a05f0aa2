"""Reads the headers that mark a record as a copy: retry, dead letter, backup, replay.

Every writer that matches applies; ``origin`` and ``error`` come whole from one of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from workbench.decoding.conventions.dead_letter_headers import spelled_names
from workbench.decoding.conventions.filters import FILTERS, raw_bytes, uuid_text
from workbench.decoding.ids import NO_IDS, canonical_id, hex_id
from workbench.model.events.envelope import EventError, Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.decoding.conventions.filters import RawValue
    from workbench.decoding.conventions.record_headers import Pick, RecordHeaders

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


@dataclass(frozen=True, slots=True)
class Writer:
    """Header names of one writer."""

    via: str
    origin: Mapping[str, str] = field(default_factory=dict)
    """Field of `Origin` → header."""
    error: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Field of `EventError` → headers, first that is present."""
    number: str | None = None
    """Filter of the numbers among the headers; without one they are text."""
    topic_filter: str | None = None
    """Filter of the topic; without one the header is its name."""
    origin_pick: Pick = "last"
    """``first`` where every hop appends its own and the first is the true origin."""
    unless: str | None = None
    """A header whose presence gives the names to another writer."""
    needs: str | None = None
    """A header without which the others are of somebody else."""
    one_of: tuple[str, ...] = ()
    """Headers of which one must be there, because others write the rest as well."""

    def topic_of(self, content: RawValue) -> RawValue | None:
        """Return the name of a topic."""
        return content if self.topic_filter is None else FILTERS[self.topic_filter](content)

    def integer_of(self, content: RawValue) -> RawValue | None:
        """Return the text of a number."""
        return content if self.number is None else FILTERS[self.number](content)


def _origin_names(prefix: str, **more: str) -> dict[str, str]:
    return {name: f"{prefix}{name}" for name in ("topic", "partition", "offset")} | more


WRITERS = (
    Writer(
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
        "be",
        origin_pick="first",
    ),
    Writer(
        "spring_retry",
        {"timestamp_ms": "retry_topic-original-timestamp"},
        {"attempts": ("retry_topic-attempts",)},
        "be",
    ),
    Writer(
        "spring_cloud_stream",
        _origin_names("x-original-", timestamp_ms="x-original-timestamp"),
        {"type": ("x-exception-fqcn",), "message": ("x-exception-message",)},
        "be",
        one_of=("x-original-topic", "x-original-partition", "x-exception-fqcn", "x-exception-message"),
    ),
    Writer(
        "kafka_connect",
        _origin_names("__connect.errors."),
        {
            "type": ("__connect.errors.exception.class.name",),
            "message": ("__connect.errors.exception.message",),
            "stage": ("__connect.errors.stage",),
        },
    ),
    Writer(
        "kafka_streams",
        _origin_names("__streams.errors."),
        {"type": ("__streams.errors.exception",), "message": ("__streams.errors.message",)},
    ),
    Writer(
        "smallrye",
        _origin_names("dead-letter-"),
        {
            "type": ("dead-letter-cause-class-name", "dead-letter-exception-class-name"),
            "message": ("dead-letter-cause", "dead-letter-reason"),
        },
    ),
    Writer(
        "karafka",
        _origin_names("source_", group="source_consumer_group"),
        {"attempts": ("source_attempts",)},
        needs="source_offset",
    ),
    Writer(
        "wolverine",
        {"topic": "original-destination", "partition": "original-partition", "offset": "original-offset"},
        {"type": ("exception-type",), "message": ("exception-message",)},
        topic_filter="endpoint",
        needs="failed-at",
    ),
    Writer(
        "watermill",
        {"topic": "topic_poisoned"},
        {"message": ("reason_poisoned",), "stage": ("handler_poisoned",)},
    ),
    Writer(
        "kafka_backup",
        {"partition": "x-source-partition", "offset": "x-original-offset", "timestamp_ms": "x-original-timestamp"},
        {},
        "le",
        unless="x-original-topic",
    ),
    Writer("k2k", _origin_names("k2k_"), {}, "be"),
    Writer("masstransit_fault", {}, {"type": ("MT-Fault-ExceptionType",), "message": ("MT-Fault-Message",)}),
    Writer(
        "nservicebus",
        {},
        {
            "type": ("NServiceBus.ExceptionInfo.ExceptionType",),
            "message": ("NServiceBus.ExceptionInfo.Message",),
            "stage": ("NServiceBus.FailedQ",),
        },
    ),
)
ORIGIN_FIELDS = ("topic", "partition", "offset", "timestamp_ms", "group")
ERROR_FIELDS = ("type", "message", "stage", "attempts")
REPLAY_TEXT = {
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
REPLAY_NUMBERS = {"x-replay-seq": "seq", "x-replay-count": "count", "x-original-dlq-offset": "dlq_offset"}
REPLAY_CHAIN = "x-replay-chain"
APPLICATION = "application"
"""Writer of headers that an application chose by itself."""
APPLICATION_NUMBER = "be"
REQUEST_ID = "kafka_correlationId"
_NAMES = {
    writer.via: frozenset(
        [*writer.origin.values(), *(name for names in writer.error.values() for name in names), *writer.one_of]
        + ([] if writer.needs is None else [writer.needs])
    )
    for writer in WRITERS
}


def writer_names(via: str | None, names: Iterable[str]) -> frozenset[str]:
    """Return the headers among some names that a writer of dead letters or copies has added."""
    given = frozenset(names)
    if via == APPLICATION:
        return frozenset(spelled_names(given).values())
    return given & _NAMES.get(via or "", frozenset())


REPLAY_HEADERS = frozenset({*REPLAY_TEXT, *REPLAY_NUMBERS, REPLAY_CHAIN})
"""Names of the headers that replays write."""
PROVENANCE_HEADERS = frozenset(
    {
        *(name for writer in WRITERS for name in writer.origin.values()),
        *(name for writer in WRITERS for names in writer.error.values() for name in names),
        *(writer.needs for writer in WRITERS if writer.needs is not None),
        *REPLAY_HEADERS,
        REQUEST_ID,
    },
)
"""Names of all headers that are read here."""


def read_provenance(headers: RecordHeaders, body_marks: Found | None) -> Provenance:
    """Read the headers of every writer; ``body_marks``, from the body of a dead letter, come last in precedence."""
    named = {} if body_marks is not None else spelled_names(headers.names)
    if body_marks is None and not named and PROVENANCE_HEADERS.isdisjoint(headers.names):
        return Provenance()
    found = [marks for writer in WRITERS if (marks := _read_writer(headers, writer)) is not None]
    if body_marks is not None:
        found.append(body_marks)
    if named:
        _add_application(found, headers, named)
    result = Provenance(replay=_read_replay(headers), request_id=_read_request_id(headers))
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


def _add_application(found: list[Found], headers: RecordHeaders, named: Mapping[str, str]) -> None:
    """Add what an application wrote by itself: an origin where no known writer gives one, and its error."""
    if any(marks.origin is not None and marks.origin.topic is not None for marks in found):
        named = {field: name for field, name in named.items() if field in ERROR_FIELDS}
    origin = {field: name for field, name in named.items() if field not in ERROR_FIELDS}
    error = {field: (name,) for field, name in named.items() if field in ERROR_FIELDS}
    marks = _read_writer(headers, Writer(APPLICATION, origin, error, APPLICATION_NUMBER))
    if marks is None:
        return
    with_topic = next((at for at, one in enumerate(found) if one.origin is not None and one.origin.topic), None)
    if with_topic is not None and found[with_topic].error is None:
        found[with_topic] = replace(found[with_topic], error=marks.error)
    else:
        found.append(marks)


def _read_writer(headers: RecordHeaders, writer: Writer) -> Found | None:
    if writer.unless is not None and headers.occurrences(writer.unless):
        return None
    if writer.needs is not None and not headers.occurrences(writer.needs):
        return None
    if writer.one_of and not any(headers.occurrences(name) for name in writer.one_of):
        return None
    problems: set[str] = set()
    origin = _read_origin(headers, writer, writer.origin_pick, problems)
    if origin is not None and writer.origin_pick == "first":
        repeated = any(len(headers.occurrences(name)) > 1 for name in writer.origin.values())
        hop = _read_origin(headers, writer, "last", set()) if repeated else None
        origin = replace(origin, via_hop=None if hop is None else hop.position)
    error = _read_error(headers, writer)
    if origin is None and error is None and not problems:
        return None
    return Found(origin, error, frozenset(problems))


def _read_origin(headers: RecordHeaders, writer: Writer, pick: Pick, problems: set[str]) -> Origin | None:
    values: dict[str, Any] = {}
    for name, header in writer.origin.items():
        content = headers.value(header, pick)
        if content is None:
            continue
        if name in ("topic", "group"):
            found = writer.topic_of(content) if name == "topic" else content
            values[name] = None if found is None else _utf8(found)
        else:
            values[name] = position_number(name, writer.integer_of(content), problems)
    return Origin(**values, via=writer.via) if values else None


def _read_error(headers: RecordHeaders, writer: Writer) -> EventError | None:
    values: dict[str, Any] = {}
    for name, spelled in writer.error.items():
        content = next((found for header in spelled if (found := headers.value(header)) is not None), None)
        if content is None:
            continue
        values[name] = integer(name, writer.integer_of(content)) if name == "attempts" else _utf8(content)
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
    # Text first: blanks around it and a plus sign do not make it a number of another kind.
    text = text if text is None else text.strip(" \t").removeprefix("+")
    if text is None or not _INTEGER.fullmatch(text):
        return None
    number = int(text)
    return number if abs(number) <= _LARGEST.get(name, _LARGEST_LONG) else None


def _utf8(content: RawValue) -> str | None:
    try:
        return raw_bytes(content).decode()
    except UnicodeDecodeError:
        return None


def replay_marks(texts: Mapping[str, str]) -> dict[str, Any] | None:
    """Read the headers of replays, given by name; a number that cannot be read keeps its text."""
    marks: dict[str, Any] = {name: texts[header] for header, name in REPLAY_TEXT.items() if header in texts}
    for header, name in REPLAY_NUMBERS.items():
        if (text := texts.get(header)) is not None:
            number = integer(name, text)
            marks[name] = text if number is None else number
    if (text := texts.get(REPLAY_CHAIN)) is not None:
        marks["chain"] = [part.strip(" \t") for part in text.split(",")]
    return marks or None


def _read_replay(headers: RecordHeaders) -> dict[str, Any] | None:
    contents = {name: headers.value(name) for name in REPLAY_HEADERS}
    return replay_marks({name: _escaped(value) for name, value in contents.items() if value is not None})


def _escaped(value: RawValue) -> str:
    return raw_bytes(value).decode("utf-8", "backslashreplace")


def _read_request_id(headers: RecordHeaders) -> str | None:
    content = headers.value(REQUEST_ID)
    if content is None:
        return None
    value = uuid_text(content)
    text = None if value is None else _utf8(value)
    text = hex_id(raw_bytes(content)) if text is None else canonical_id(text)
    return None if text in NO_IDS else text
