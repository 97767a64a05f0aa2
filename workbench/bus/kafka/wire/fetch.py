"""The fetch request: aiokafka encodes it, and the answer stays raw bytes, parsed without copying the records."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING

from aiokafka.protocol.fetch import FetchRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
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


@dataclass(frozen=True, slots=True)
class FetchPosition:
    """One partition of a fetch request, and the offset to read from."""

    topic: str
    partition: int
    offset: int


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


class RawResponseType:
    """Takes the place of aiokafka's response class, and returns the bytes instead of decoded records.

    Attributes:
        frame: The whole answer once it was received; aiokafka itself gets no more than the header.
    """

    def __init__(self, version: int) -> None:
        self.frame = memoryview(b"")
        self._version = version

    def decode(self, head: BytesIO) -> RawAnswer:
        """Return the answer; its body begins where aiokafka stopped reading the header."""
        return RawAnswer(self.frame, head.tell(), self._version)


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
        # With read_committed the broker answers up to the last stable offset and lists the aborted transactions. Their
        # records are still in the answer: `fetching.batches` leaves them out.
        level = 1 if isolation == "read_committed" else 0
        # Answered at the first byte (min_bytes=1): a record that arrives must not wait for more of them.
        super().__init__(max_wait_ms, 1, max_bytes, level, list(topics.items()))

    def build(self, request_struct_class: type[Any]) -> Any:
        struct = super().build(request_struct_class)
        struct.RESPONSE_TYPE = RawResponseType(request_struct_class.API_VERSION)
        return struct


def parse_answer(answer: RawAnswer) -> tuple[int, list[PartitionAnswer]]:
    """Split an answer of version 4 to 11 into its error code and one part for each partition."""
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
        topic = bytes(data[at + 2 : at + 2 + length]).decode()
        at += 2 + length
        (partitions,) = _INT.unpack_from(data, at)
        at += 4
        for _ in range(partitions):
            one = _partition_answer(data, at, version, topic)
            found.append(one)
            at = one.stop
    return error, found


def _partition_answer(data: memoryview, at: int, version: int, topic: str) -> PartitionAnswer:
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
    at += 4
    return PartitionAnswer(
        topic=topic,
        partition=partition,
        error_code=error,
        high_watermark=high,
        last_stable_offset=stable,
        aborted=tuple(sorted(aborted, key=lambda pair: pair[1])),
        start=at,
        stop=at + max(0, size),
    )
