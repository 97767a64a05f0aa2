"""Record batches made by hand, independent of the code under test: gaps, control records, hostile bytes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, TypeAlias

from aiokafka.record.util import calc_crc32c

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Headers: TypeAlias = "Sequence[tuple[bytes, bytes | None]]"
Row: TypeAlias = "tuple[int, int, bytes | None, bytes | None, Headers]"


def varint(value: int) -> bytes:
    left = (value << 1) ^ (value >> 63)
    out = b""
    while left > 0x7F:
        out += bytes([left & 0x7F | 0x80])
        left >>= 7
    return out + bytes([left])


def field(data: bytes | None) -> bytes:
    return varint(-1) if data is None else varint(len(data)) + data


def record(offset_delta: int, time_delta: int, key: bytes | None, value: bytes | None, headers: Headers = ()) -> bytes:
    body = b"\0" + varint(time_delta) + varint(offset_delta) + field(key) + field(value) + varint(len(headers))
    body += b"".join(field(name) + field(content) for name, content in headers)
    return varint(len(body)) + body


def batch(
    base: int,
    rows: Sequence[Row],
    *,
    last: int | None = None,
    attributes: int = 0,
    producer: int = -1,
    base_time: int = 1_700_000_000_000,
    max_time: int | None = None,
    compress: Callable[[bytes], bytes] | None = None,
) -> bytes:
    """Lay a batch out: rows are ``(offset, timestamp, key, value, headers)``; ``last`` may lie beyond them."""
    packed = b"".join(record(o - base, t - base_time, k, v, h) for o, t, k, v, h in rows)
    return raw_batch(
        base,
        packed if compress is None else compress(packed),
        count=len(rows),
        last=rows[-1][0] if last is None else last,
        attributes=attributes,
        producer=producer,
        base_time=base_time,
        max_time=max((t for _, t, *_ in rows), default=base_time) if max_time is None else max_time,
    )


def raw_batch(
    base: int,
    packed: bytes,
    *,
    count: int,
    last: int,
    attributes: int = 0,
    producer: int = -1,
    base_time: int = 1_700_000_000_000,
    max_time: int = 1_700_000_000_000,
) -> bytes:
    checked = struct.pack(
        ">hiqqqhii", attributes, last - base, base_time, max_time, producer, 0 if producer >= 0 else -1, 0, count
    )
    checked += packed
    return struct.pack(">qiibI", base, 9 + len(checked), 0, 2, calc_crc32c(checked)) + checked


def marker(offset: int, producer: int, *, commit: bool) -> bytes:
    key = struct.pack(">hh", 0, 1 if commit else 0)
    row = (offset, 1_700_000_000_000, key, struct.pack(">hi", 0, 0), ())
    return batch(offset, [row], attributes=0x30, producer=producer)
