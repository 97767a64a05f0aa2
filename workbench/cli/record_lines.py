"""Writes the records of a chunk as lines of bytes: for people, as JSON, or by a layout like ``kcat -f``."""

from __future__ import annotations

import re
import sys
import time
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import orjson

from workbench.cli.column_values import byte_values, integers, list_ends
from workbench.cli.json_text import bytes_member
from workbench.errors import ConfigurationError
from workbench.model.records.record import TimestampType
from workbench.text import clock_text, json_visible, position_text, time_text, visible, visible_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from workbench.model import Chunk

Lines: TypeAlias = "Callable[[Chunk], Iterator[bytes]]"
"""Writes each record of a chunk, with its line feed or delimiter."""
Header: TypeAlias = "tuple[bytes, bytes | None]"
Row: TypeAlias = "tuple[int, int | None, int | None, bytes | None, bytes | None, list[Header] | None]"
"""Offset, timestamp in ms, timestamp type, key, value, headers; an HTTP proxy does not tell times and headers."""

_VALUE_CHARACTERS, _KEY_CHARACTERS = 200, 40
_DAY_MS = 86_400_000
_TOKEN = re.compile(r"%(.)|\\x([0-9A-Fa-f]{2})|\\(.)|([%\\])$", re.DOTALL)
_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "\\": b"\\", "0": b"\0"}
_LETTERS = (
    "t topic, p partition, o offset, k key, K its length, s value, S its length, T time in ms, h headers, % itself"
)


def rows(chunk: Chunk) -> Iterator[Row]:
    """Yield the records of a chunk from its columns."""
    batch = chunk.records
    offsets = integers(batch.column("offset"))
    times, kinds = (_known_integers(batch.column(name)) for name in ("timestamp_ms", "timestamp_type"))
    keys, values = (byte_values(batch.column(name)) for name in ("key", "value"))
    headers = batch.column("headers")
    if headers.null_count:
        lists = [None if one is None else [(h["name"], h["value"]) for h in one] for one in headers.to_pylist()]
        yield from zip(offsets, times, kinds, keys, values, lists, strict=True)
        return
    # Lists of structs are slow to convert one by one: their names and values are two flat columns.
    ends = list_ends(headers)
    first = ends[0]
    names, contents = map(byte_values, headers.values.slice(first, ends[-1] - first).flatten())
    pairs: list[Any] = list(zip(names, contents, strict=True))
    bounds = pairwise(end - first for end in ends)
    for *row, (start, stop) in zip(offsets, times, kinds, keys, values, bounds, strict=True):
        yield *row, pairs[start:stop]


def _known_integers(column: pa.Array) -> list[int | None]:
    return column.to_pylist() if column.null_count else list(integers(column))


def json_lines(chunk: Chunk) -> Iterator[bytes]:
    """Write records as JSON: bytes as text where they are UTF-8, else base64 under a name that ends in ``_b64``."""
    escaped = sys.stdout.isatty()
    kinds: dict[int | None, str | None] = {None: None, **{kind.value: kind.name.lower() for kind in TimestampType}}
    for offset, timestamp_ms, kind, key, value, headers in rows(chunk):
        record: dict[str, Any] = {
            "topic": chunk.topic,
            "partition": chunk.partition,
            "offset": offset,
            "timestamp_ms": timestamp_ms,
            "timestamp_type": kinds[kind],
        }
        _add_bytes(record, "key", key)
        _add_bytes(record, "value", value)
        record["headers"] = None if headers is None else [_header(*pair) for pair in headers]
        line = orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)
        yield json_visible(line[:-1].decode()).encode() + b"\n" if escaped else line


def _header(name: bytes, value: bytes | None) -> dict[str, Any]:
    header: dict[str, Any] = {}
    _add_bytes(header, "name", name)
    _add_bytes(header, "value", value)
    return header


def _add_bytes(into: dict[str, Any], name: str, raw: bytes | None) -> None:
    """Do as `bytes_member`, without a dictionary for each."""
    try:
        into[name] = None if raw is None else raw.decode()
    except UnicodeDecodeError:
        into.update(bytes_member(name, raw))


def short_lines(chunk: Chunk) -> Iterator[bytes]:
    """Write a line for people: time (with its date unless it is today), position, key and value, cut to size."""
    today = int(time.time() * 1000) // _DAY_MS
    for offset, timestamp_ms, _, key, value, _headers in rows(chunk):
        known = None if timestamp_ms == -1 else timestamp_ms
        at = (clock_text if known is not None and known // _DAY_MS == today else time_text)(known)
        position = position_text(chunk.topic, chunk.partition, offset)
        shown = f"{visible_bytes(key, _KEY_CHARACTERS)} {visible_bytes(value, _VALUE_CHARACTERS)}"
        yield f"{at} {position} {shown}\n".encode("utf-8", "backslashreplace")


def layout_lines(layout: str) -> Lines:
    r"""Read a layout such as ``%k %s\n`` and return the function that writes records by it.

    A terminal gets control characters and bytes that are no text as escapes; anything else gets the bytes themselves.

    Raises:
        ConfigurationError: A letter or an escape that does not exist.
    """
    parts = [_part(found) for found in re.split(r"(%.|\\x[0-9A-Fa-f]{2}|\\.|[%\\]$)", layout, flags=re.DOTALL) if found]
    raw = not sys.stdout.isatty()

    def write(chunk: Chunk) -> Iterator[bytes]:
        for row in rows(chunk):
            yield b"".join(part if isinstance(part, bytes) else part(chunk, row, raw) for part in parts)

    return write


def _part(text: str) -> Any:
    found = _TOKEN.fullmatch(text)
    if found is None:
        return text.encode("utf-8", "surrogateescape")
    letter, digits, escape, _ = found.groups()
    if letter in _FIELDS:
        return _FIELDS[letter]
    if digits is not None:
        return bytes.fromhex(digits)
    if escape in _ESCAPES:
        return _ESCAPES[escape]
    raise ConfigurationError(
        rf"The format holds {text!r}, which means nothing. After % stands {_LETTERS}; escapes are \n \r \t \\ \0 \xHH."
    )


def _bytes(data: bytes | None, raw: bool) -> bytes:
    if not data or raw:
        return data or b""
    return visible_bytes(data, None).encode()


def _length(data: bytes | None) -> bytes:
    return b"%d" % (-1 if data is None else len(data))


def _headers(headers: list[Header] | None, raw: bool) -> bytes:
    return b",".join(
        _bytes(name, raw) + b"=" + (b"NULL" if text is None else _bytes(text, raw)) for name, text in headers or ()
    )


_FIELDS: dict[str | None, Callable[[Chunk, Row, bool], bytes]] = {
    "t": lambda chunk, _, raw: (chunk.topic if raw else visible(chunk.topic, None)).encode(),
    "p": lambda chunk, *_: b"%d" % chunk.partition,
    "o": lambda _, row, __: b"%d" % row[0],
    "T": lambda _, row, __: b"" if row[1] is None else b"%d" % row[1],
    "k": lambda _, row, raw: _bytes(row[3], raw),
    "K": lambda _, row, __: _length(row[3]),
    "s": lambda _, row, raw: _bytes(row[4], raw),
    "S": lambda _, row, __: _length(row[4]),
    "h": lambda _, row, raw: _headers(row[5], raw),
    "%": lambda *_: b"%",
}
