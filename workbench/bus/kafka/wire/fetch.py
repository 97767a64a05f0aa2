"""The fetch request, by topic id where the broker knows them; the answer stays raw bytes, and records are not copied.

Layouts: Apache Kafka's message definitions, ``clients/src/main/resources/common/message``.
"""

from __future__ import annotations

import struct
import uuid
from dataclasses import dataclass, field, replace
from struct import Struct
from typing import TYPE_CHECKING

from aiokafka.protocol.api import Response
from aiokafka.protocol.fetch import FetchRequest
from aiokafka.protocol.types import (
    CompactArray,
    CompactString,
    Int8,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

from workbench.bus.kafka.wire.types import Flexible, Uuid
from workbench.text import size_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from io import BytesIO
    from typing import Any

    from workbench.model.records.chunk import Isolation

_HEAD_V4 = Struct(">i")
_HEAD_V7 = Struct(">ihi")
_PARTITION_V4 = Struct(">ihqq")
_PARTITION_V5 = Struct(">ihqqq")
"""With the log start offset at the end, from version 5 on."""
_ABORTED = Struct(">qq")
_INT = Struct(">i")
_SHORT = Struct(">h")
_ID_BYTES = 16
_BY_ID = 13
"""The first version that names topics by id only (KIP-516): a topic that was deleted and created anew is refused."""


class UnreadableAnswerError(Exception):
    """The bytes of an answer are cut off or do not follow the layout."""


@dataclass(frozen=True, slots=True)
class FetchPosition:
    """One partition of a fetch request, and the offset to read from."""

    topic: str
    partition: int
    offset: int
    topic_id: str | None = None
    """Identity of the topic, where it is known."""


@dataclass(frozen=True, slots=True)
class PartitionAnswer:
    """The part of a fetch answer that belongs to one partition."""

    topic: str
    partition: int
    error_code: int
    high_watermark: int
    last_stable_offset: int
    aborted: tuple[tuple[int, int], ...]
    """``(producer id, first offset)`` of aborted transactions that overlap the records, in offset order."""
    start: int
    """Index in the answer where the record batches begin."""
    stop: int


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An undecoded answer: its bytes, and the index where the body begins."""

    data: memoryview
    body: int
    version: int
    names: Mapping[bytes, str] = field(default_factory=dict)
    """Name of each topic id that was asked for; the answer to a request by id holds no names."""

    @property
    def by_id(self) -> bool:
        """Whether the broker compared the id of each topic with its own."""
        return self.version >= _BY_ID


class RawResponseType:
    """Takes the place of aiokafka's response class, and returns the bytes instead of decoded records.

    Attributes:
        frame: The whole answer once it was received; aiokafka itself gets no more than the header.
    """

    def __init__(self, version: int, names: Mapping[bytes, str] | None = None) -> None:
        self.frame = memoryview(b"")
        self._version = version
        self._names = names or {}

    def decode(self, head: BytesIO) -> RawAnswer:
        """Return the answer; its body begins where aiokafka stopped reading the header."""
        return RawAnswer(self.frame, head.tell(), self._version, self._names)


class FetchRequest_v13(Flexible):  # noqa: N801 - named as aiokafka names versions
    """Names topics by id; no fetch session (KIP-227), no known leader epochs."""

    API_KEY = 1
    API_VERSION = _BY_ID
    RESPONSE_TYPE = Response  # each request replaces it by a `RawResponseType`
    SCHEMA = Schema(
        ("replica_id", Int32),
        ("max_wait_ms", Int32),
        ("min_bytes", Int32),
        ("max_bytes", Int32),
        ("isolation_level", Int8),
        ("session_id", Int32),
        ("session_epoch", Int32),
        (
            "topics",
            CompactArray(
                ("topic_id", Uuid),
                (
                    "partitions",
                    CompactArray(
                        ("partition", Int32),
                        ("current_leader_epoch", Int32),
                        ("fetch_offset", Int64),
                        ("last_fetched_epoch", Int32),
                        ("log_start_offset", Int64),
                        ("max_bytes", Int32),
                        ("tags", TaggedFields),
                    ),
                ),
                ("tags", TaggedFields),
            ),
        ),
        ("forgotten_topics", CompactArray(("topic_id", Uuid), ("partitions", CompactArray(Int32)))),
        ("rack_id", CompactString()),
        ("tags", TaggedFields),
    )


class RawFetchRequest(FetchRequest):  # type: ignore[misc]  # aiokafka ships no types
    """A fetch request without a fetch session (KIP-227), answered by a `RawAnswer`.

    In a session the broker remembers partitions and positions between requests. Here every request is complete, so
    that it can be repeated on another socket, and the partitions may change from one request to the next.
    """

    def __init__(
        self,
        positions: Sequence[FetchPosition],
        isolation: Isolation,
        *,
        max_wait_ms: int,
        max_bytes: int,
        partition_max_bytes: int,
    ) -> None:
        topics: dict[str, list[tuple[int, int, int]]] = {}
        for one in positions:
            topics.setdefault(one.topic, []).append((one.partition, one.offset, partition_max_bytes))
        ids = {one.topic: uuid.UUID(one.topic_id) for one in positions if one.topic_id is not None}
        # One request names all topics by id or all by name.
        self._ids = ids if ids.keys() == topics.keys() else {}
        # With read_committed the broker answers up to the last stable offset and lists the aborted transactions. Their
        # records are still in the answer: `fetching.batches` leaves them out.
        level = 1 if isolation == "read_committed" else 0
        # Answered at the first byte (min_bytes=1): a record that arrives must not wait for more of them.
        super().__init__(max_wait_ms, 1, max_bytes, level, list(topics.items()))

    def prepare(self, versions: Mapping[int, tuple[int, int]]) -> Any:
        """Ask by topic id where all ids are known and the broker takes them, else by name."""
        low, high = versions.get(self.API_KEY, (0, 0))
        if self._ids and low <= _BY_ID <= high:
            return self._by_id()
        return super().prepare(versions)

    def build(self, request_struct_class: type[Any]) -> Any:
        request = super().build(request_struct_class)
        request.RESPONSE_TYPE = RawResponseType(request_struct_class.API_VERSION)
        return request

    def _by_id(self) -> FetchRequest_v13:
        topics: list[Any] = [
            (self._ids[topic], [(number, -1, offset, -1, -1, size, {}) for number, offset, size in rows], {})
            for topic, rows in self._topics
        ]
        request = FetchRequest_v13(
            -1, self._max_wait_ms, self._min_bytes, self._max_bytes, self._isolation_level, 0, -1, topics, [], "", {}
        )
        request.RESPONSE_TYPE = RawResponseType(_BY_ID, {one.bytes: name for name, one in self._ids.items()})
        return request


def parse_answer(answer: RawAnswer) -> tuple[int, list[PartitionAnswer]]:
    """Split an answer of version 4 to 11, or 13, into its error code and one part for each partition.

    Raises:
        UnreadableAnswerError: It is cut off, or a length in it leads out of it.
    """
    try:
        return _parts_by_id(answer) if answer.by_id else _parts_by_name(answer)
    except (struct.error, ValueError, LookupError) as error:
        raise UnreadableAnswerError(
            f"a fetch answer of {size_text(len(answer.data))} cannot be read: {error}"
        ) from error


def _parts_by_name(answer: RawAnswer) -> tuple[int, list[PartitionAnswer]]:
    data, at, version = answer.data, answer.body, answer.version
    error = 0
    if version >= 7:  # noqa: PLR2004 - layouts are told apart by version number
        _, error, _ = _HEAD_V7.unpack_from(data, at)
        at += _HEAD_V7.size
    else:
        at += _HEAD_V4.size
    (topics,) = _INT.unpack_from(data, at)
    at += 4
    found: list[PartitionAnswer] = []
    for _ in range(topics):
        (length,) = _SHORT.unpack_from(data, at)
        topic = bytes(data[at + 2 : at + 2 + max(0, length)]).decode()
        at += 2 + max(0, length)
        (partitions,) = _INT.unpack_from(data, at)
        at += 4
        for _ in range(partitions):
            one = _partition_by_name(data, at, version, topic)
            found.append(one)
            at = one.stop
    return error, found


def _partition_by_name(data: memoryview, at: int, version: int, topic: str) -> PartitionAnswer:
    head = _PARTITION_V5 if version >= 5 else _PARTITION_V4  # noqa: PLR2004 - same
    partition, error, high, stable = head.unpack_from(data, at)[:4]
    at += head.size
    (count,) = _INT.unpack_from(data, at)
    at += 4
    # A null list has the count -1: read_uncommitted, or an error.
    aborted = tuple(_ABORTED.unpack_from(data, at + i * _ABORTED.size) for i in range(count))
    at += max(0, count) * _ABORTED.size
    if version >= 11:  # noqa: PLR2004 - same
        at += 4  # the preferred read replica (KIP-392); we always read from the leader
    (size,) = _INT.unpack_from(data, at)
    return _part(PartitionAnswer(topic, partition, error, high, stable, aborted, at + 4, at + 4 + max(0, size)), data)


def _parts_by_id(answer: RawAnswer) -> tuple[int, list[PartitionAnswer]]:
    data = answer.data
    _, error, _ = _HEAD_V7.unpack_from(data, answer.body)
    topics, at = _varint(data, answer.body + _HEAD_V7.size)
    found: list[PartitionAnswer] = []
    for _ in range(topics - 1):
        topic = answer.names[bytes(data[at : at + _ID_BYTES])]
        partitions, at = _varint(data, at + _ID_BYTES)
        for _ in range(partitions - 1):
            one = _partition_by_id(data, at, topic)
            found.append(one)
            at = _after_tags(data, one.stop)
        at = _after_tags(data, at)
    return error, found


def _partition_by_id(data: memoryview, at: int, topic: str) -> PartitionAnswer:
    partition, error, high, stable, _ = _PARTITION_V5.unpack_from(data, at)
    count, at = _varint(data, at + _PARTITION_V5.size)
    aborted = []
    # Lengths are written plus one; 0 is a null list.
    for _ in range(count - 1):
        aborted.append(_ABORTED.unpack_from(data, at))
        at = _after_tags(data, at + _ABORTED.size)
    size, at = _varint(data, at + 4)  # after the preferred read replica
    stop = at + max(0, size - 1)
    return _part(PartitionAnswer(topic, partition, error, high, stable, tuple(aborted), at, stop), data)


def _part(found: PartitionAnswer, data: memoryview) -> PartitionAnswer:
    if found.stop > len(data):
        announced, came = size_text(found.stop - found.start), size_text(len(data) - found.start)
        raise ValueError(f"{announced} of records are announced, {came} came")
    return replace(found, aborted=tuple(sorted(found.aborted, key=lambda pair: pair[1])))


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    """Read an unsigned varint of at most 32 bits; return it and the index behind it."""
    value = 0
    for shift in range(0, 35, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:  # noqa: PLR2004 - the bit that says that more bytes follow
            return value, at
    raise ValueError("a length is longer than 32 bits")


def _after_tags(data: memoryview, at: int) -> int:
    """Step over tagged fields (KIP-482): their number, then tag, size and bytes of each."""
    count, at = _varint(data, at)
    for _ in range(count):
        _, at = _varint(data, at)
        size, at = _varint(data, at)
        at += size
    return at
