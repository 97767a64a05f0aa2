"""The fetch request: aiokafka's own on the way out, raw bytes on the way back, taken apart without copying."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING

from aiokafka.protocol.fetch import FetchRequest

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import BytesIO
    from typing import Any

    from workbench.model.chunk import Isolation

_HEAD_V4 = Struct(">i")
_HEAD_V7 = Struct(">ihi")
_PARTITION_V4 = Struct(">ihqq")
_PARTITION_V5 = Struct(">ihqqq")
_ABORTED = Struct(">qq")
_INT = Struct(">i")
_SHORT = Struct(">h")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One partition of a fetch request."""

    topic: str
    partition: int
    offset: int


@dataclass(frozen=True, slots=True)
class Section:
    """What one partition of a fetch answer holds."""

    topic: str
    partition: int
    error_code: int
    high_watermark: int
    last_stable_offset: int
    aborted: tuple[tuple[int, int], ...]
    """``(producer id, first offset)`` of aborted transactions that overlap the records, in offset order."""
    start: int
    """Where the record batches begin in the answer."""
    stop: int


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An undecoded answer: its bytes and the place where the body begins."""

    data: memoryview
    body: int
    version: int


class RawType:
    """Stands in for aiokafka's response class: hands the bytes over as they are.

    Attributes:
        frame: The whole answer, once it is there; aiokafka is given no more than its header.
    """

    def __init__(self, version: int) -> None:
        self.frame = memoryview(b"")
        self._version = version

    def decode(self, head: BytesIO) -> RawAnswer:
        """The answer, its body beginning where the header ended."""
        return RawAnswer(self.frame, head.tell(), self._version)


class RawFetchRequest(FetchRequest):  # type: ignore[misc]  # aiokafka ships no types
    """A fetch outside any fetch session (KIP-227), answered by `RawAnswer`."""

    def __init__(
        self,
        wanted: Sequence[Wanted],
        isolation: Isolation,
        *,
        max_wait_ms: int,
        max_bytes: int,
        partition_max_bytes: int,
    ) -> None:
        topics: dict[str, list[tuple[int, int, int]]] = {}
        for want in wanted:
            topics.setdefault(want.topic, []).append((want.partition, want.offset, partition_max_bytes))
        level = 1 if isolation == "read_committed" else 0
        super().__init__(max_wait_ms, 1, max_bytes, level, list(topics.items()))

    def build(self, request_struct_class: type[Any]) -> Any:
        struct = super().build(request_struct_class)
        struct.RESPONSE_TYPE = RawType(request_struct_class.API_VERSION)
        return struct


def take_apart(answer: RawAnswer) -> tuple[int, list[Section]]:
    """Split an answer of version 4 to 11 into its error code and one section per partition."""
    data, at, version = answer.data, answer.body, answer.version
    error = 0
    if version >= 7:  # noqa: PLR2004 - layouts are told apart by version number
        _, error, _ = _HEAD_V7.unpack_from(data, at)
        at += _HEAD_V7.size
    else:
        at += _HEAD_V4.size
    (topics,) = _INT.unpack_from(data, at)
    at += 4
    sections: list[Section] = []
    for _ in range(topics):
        (length,) = _SHORT.unpack_from(data, at)
        topic = bytes(data[at + 2 : at + 2 + length]).decode()
        at += 2 + length
        (partitions,) = _INT.unpack_from(data, at)
        at += 4
        for _ in range(partitions):
            section = _section(data, at, version, topic)
            sections.append(section)
            at = section.stop
    return error, sections


def _section(data: memoryview, at: int, version: int, topic: str) -> Section:
    head = _PARTITION_V5 if version >= 5 else _PARTITION_V4  # noqa: PLR2004 - same
    partition, error, high, stable = head.unpack_from(data, at)[:4]
    at += head.size
    (count,) = _INT.unpack_from(data, at)
    at += 4
    aborted = tuple(_ABORTED.unpack_from(data, at + i * _ABORTED.size) for i in range(count))
    at += max(0, count) * _ABORTED.size
    if version >= 11:  # noqa: PLR2004 - same
        at += 4
    (size,) = _INT.unpack_from(data, at)
    at += 4
    return Section(
        topic=topic,
        partition=partition,
        error_code=error,
        high_watermark=high,
        last_stable_offset=stable,
        aborted=tuple(sorted(aborted, key=lambda pair: pair[1])),
        start=at,
        stop=at + max(0, size),
    )
