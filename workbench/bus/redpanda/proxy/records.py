"""Records as the HTTP proxy takes and gives them: no headers, no times, and null looks like empty."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from workbench.errors import ValidationError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Sequence

Format: TypeAlias = Literal["binary", "json"]
_LARGEST_PARTITION = 2**31 - 1


class _LeftOut(Enum):
    LEFT_OUT = "left out"


LEFT_OUT: Final = _LeftOut.LEFT_OUT
"""A key or value that is not sent. The proxy stores an empty key, and a null value (a tombstone)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyRecord:
    """A record to be written through the proxy, which takes no headers and no time.

    In binary format key and value are bytes. In JSON format they are JSON values and are stored as their JSON text: a
    string keeps its quotes, and None becomes the text ``null``.
    """

    value: Any = LEFT_OUT
    """Left out it is a tombstone."""
    key: Any = LEFT_OUT
    """Left out it becomes an empty key: the proxy cannot write a null one."""
    partition: int | None = None
    """None lets the proxy choose."""


@dataclass(frozen=True, slots=True)
class FetchedRecord:
    """A record as the proxy gives it: without headers and time, and possibly of a transaction that was aborted."""

    topic: str
    partition: int
    offset: int
    key: Any
    """Bytes, or the JSON value. None is null or empty: the proxy gives both alike."""
    value: Any
    """Same."""


@dataclass(frozen=True, slots=True)
class PartitionResult:
    """What became of the records that a request wrote to one partition."""

    partition: int
    offset: int | None
    """Offset of the first of them; None where they were not written."""
    error_code: int = 0
    """Kafka's code; 0 where they were written."""
    error: str = ""
    """Kafka's name of the code."""


@dataclass(frozen=True, slots=True)
class ProduceResult:
    """The answer to a request that writes records."""

    partitions: tuple[PartitionResult, ...]
    """One for each partition that the proxy wrote to or failed to, by number."""
    positions: tuple[tuple[int, int] | None, ...]
    """Partition and offset of each record of the request; None where they cannot be known.

    They are known only if every record of the request named its partition.
    """

    @property
    def failed(self) -> tuple[PartitionResult, ...]:
        """The partitions that refused their records."""
        return tuple(one for one in self.partitions if one.error_code)


def records_body(records: Sequence[ProxyRecord], form: Format) -> dict[str, Any]:
    """Write the body of a request that writes records.

    Raises:
        ValidationError: A record cannot be written in this format; it names which one.
    """
    return {"records": [_record(record, form, index) for index, record in enumerate(records)]}


def positions(records: Sequence[ProxyRecord], results: Sequence[PartitionResult]) -> tuple[tuple[int, int] | None, ...]:
    """Compute where each record went: the first offset of its partition, and its place among those for it."""
    firsts = {one.partition: one.offset for one in results}
    # A record without a partition may have gone to any of them, between the others.
    if any(record.partition is None for record in records):
        return (None,) * len(records)
    counts: dict[int, int] = {}
    found: list[tuple[int, int] | None] = []
    for record in records:
        partition = record.partition or 0
        first = firsts.get(partition)
        index = counts.get(partition, 0)
        counts[partition] = index + 1
        found.append(None if first is None else (partition, first + index))
    return tuple(found)


def _record(record: ProxyRecord, form: Format, index: int) -> dict[str, Any]:
    written: dict[str, Any] = {}
    for name, part in (("key", record.key), ("value", record.value)):
        if part is not LEFT_OUT:
            written[name] = _binary(part, name, index) if form == "binary" else _json(part, name, index)
    if (partition := record.partition) is not None:
        if isinstance(partition, bool) or not isinstance(partition, int) or not 0 <= partition <= _LARGEST_PARTITION:
            raise ValidationError(f"Record {index}: {visible(repr(partition), 40)} is no number of a partition.")
        written["partition"] = partition
    return written


def _binary(part: Any, name: str, index: int) -> str:
    if isinstance(part, bytes | bytearray | memoryview):
        return base64.b64encode(part).decode()
    if part is None:
        raise ValidationError(
            f"Record {index}: binary format has no null {name}. Leave it out: a {name} that is left out is stored as "
            f"{'an empty key' if name == 'key' else 'null, a tombstone'}."
        )
    raise ValidationError(f'Record {index}: in binary format the {name} is bytes; or use format="json".')


def _json(part: Any, name: str, index: int) -> Any:
    try:
        json.dumps(part, allow_nan=False, ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        why = visible(str(error), 200)
        raise ValidationError(f"Record {index}: the {name} cannot be written as JSON: {why}.") from None
    return part
