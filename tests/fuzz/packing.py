"""Packs what a target reads into bytes that can be mutated, and reads any bytes as such."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.model.records.columns import HEADERS, RECORD

if TYPE_CHECKING:
    from collections.abc import Sequence

_NULL = 0xFFFF


def packed(headers: Sequence[tuple[bytes, bytes | None]], value: bytes | None) -> bytes:
    """Lay a record out: number of headers, names and values each with a size of two bytes, whether there is a value."""
    parts = [bytes([min(len(headers), 255)])]
    fields = (part for header in headers[:255] for part in header)
    parts += [(_NULL if field is None else len(field)).to_bytes(2, "big") + (field or b"") for field in fields]
    return b"".join([*parts, b"\0" if value is None else b"\1" + value])


def unpacked(data: bytes) -> tuple[list[tuple[bytes, bytes | None]], bytes | None]:
    """Read any bytes as a record; sizes that are too long end with the bytes."""
    at, fields = 1, []
    for _ in range(2 * (data[0] if data else 0)):
        size = int.from_bytes(data[at : at + 2], "big")
        at += 2
        fields.append(None if size == _NULL else data[at : at + size])
        at += 0 if size == _NULL else size
    headers = [(name or b"", content) for name, content in zip(fields[::2], fields[1::2], strict=True)]
    return headers, data[at + 1 :] if data[at : at + 1] not in (b"", b"\0") else None


def column(values: Sequence[bytes | None], kind: pa.DataType | None = None) -> pa.Array:
    """Make an array whose bytes lie in memory of exactly their size: a read behind them is seen."""
    ends = np.cumsum([0, *(len(value or b"") for value in values)], dtype=np.int32)
    bits = np.packbits(np.array([value is not None for value in values], bool), bitorder="little")
    buffers = [pa.py_buffer(part) for part in (bits, ends, exactly(b"".join(value or b"" for value in values)))]
    return pa.Array.from_buffers(kind or pa.binary(), len(values), buffers)


def exactly(data: bytes) -> np.ndarray:
    """Copy bytes into memory of exactly their size; a bytes object has one more."""
    return np.frombuffer(data, np.uint8).copy()


def header_lists(lists: Sequence[Sequence[tuple[bytes, bytes | None]]]) -> pa.ListArray:
    pairs = [pair for pairs in lists for pair in pairs]
    ends = np.cumsum([0, *map(len, lists)], dtype=np.int32)
    fields = [column([name for name, _ in pairs]), column([content for _, content in pairs])]
    struct = pa.StructArray.from_arrays(fields, fields=list(HEADERS.value_type))
    return pa.Array.from_buffers(HEADERS, len(lists), [None, pa.py_buffer(ends)], children=[struct])


def record_batch(rows: Sequence[tuple[list[tuple[bytes, bytes | None]], bytes | None]]) -> pa.RecordBatch:
    count = len(rows)
    columns = {
        "partition": pa.array([0] * count, pa.int32()),
        "offset": pa.array(range(count), pa.int64()),
        "timestamp_ms": pa.array([0] * count, pa.int64()),
        "timestamp_type": pa.array([0] * count, pa.int8()),
        "key": pa.nulls(count, pa.binary()),
        "value": column([value for _, value in rows]),
        "headers": header_lists([headers for headers, _ in rows]),
    }
    return pa.RecordBatch.from_pydict(columns, schema=RECORD)
