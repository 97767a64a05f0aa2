"""Reads the records to be written from standard input or files, in the form that ``kcat -P`` reads."""

from __future__ import annotations

import asyncio
import io
import os
import re
import select
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.errors import ConfigurationError
from workbench.model import NewRecord

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    from workbench.model import HeaderList

_CHUNK_BYTES = 1 << 20
_WAIT_S = 0.2
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|([nrt0\\]))")
_CHARACTERS = {"n": "\n", "r": "\r", "t": "\t", "0": "\0", "\\": "\\"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordForm:
    """How bytes become records."""

    topic: str
    delimiter: bytes
    key_delimiter: bytes | None
    key: bytes | None
    headers: HeaderList
    partition: int | None
    tombstones: bool
    """Whether an empty key or value is null."""

    @classmethod
    def parse(
        cls,
        topic: str,
        *,
        delimiter: str,
        key_delimiter: str | None,
        key: str | None,
        headers: Sequence[str],
        partition: int | None,
        tombstones: bool,
    ) -> RecordForm:
        """Read the options of a command.

        Raises:
            ConfigurationError: A delimiter is empty, or both a key and a key delimiter are given.
        """
        if key is not None and key_delimiter is not None:
            raise ConfigurationError("Give the key with --key, or in each line with --key-delimiter, not both.")
        return cls(
            topic=topic,
            delimiter=_delimiter(delimiter, "--delimiter"),
            key_delimiter=None if key_delimiter is None else _delimiter(key_delimiter, "--key-delimiter"),
            key=None if key is None else os.fsencode(key),
            headers=tuple(map(_header, headers)),
            partition=partition,
            tombstones=tombstones,
        )

    def record(self, data: bytes) -> NewRecord:
        """Make a record of the bytes between two delimiters."""
        key, value = self.key, data
        if self.key_delimiter is not None:
            before, found, after = data.partition(self.key_delimiter)
            # As kcat: without the delimiter all is value.
            key, value = (before, after) if found else (None, data)
        shown = [None if self.tombstones and not part else part for part in (key, value)]
        return NewRecord(self.topic, shown[0], shown[1], self.headers, self.partition)

    async def split(self, chunks: AsyncIterator[bytes]) -> AsyncIterator[list[NewRecord]]:
        """Split bytes at the delimiter; the records of each chunk come at once."""
        rest = b""
        async for chunk in chunks:
            *whole, rest = (rest + chunk).split(self.delimiter)
            yield [self.record(part) for part in whole]
        if rest:
            yield [self.record(rest)]

    async def whole(self, values: AsyncIterator[bytes]) -> AsyncIterator[list[NewRecord]]:
        """Make one record of each value."""
        async for value in values:
            yield [self.record(value)]


async def files_of(paths: Sequence[Path]) -> AsyncIterator[bytes]:
    """Read whole files."""
    for path in paths:
        yield await asyncio.to_thread(path.read_bytes)


async def chunks_of(paths: Sequence[Path]) -> AsyncIterator[bytes]:
    """Read files, or standard input if there is none, piece by piece."""
    for path in paths:
        with await asyncio.to_thread(path.open, "rb") as file:
            while chunk := await asyncio.to_thread(file.read, _CHUNK_BYTES):
                yield chunk
    if not paths:
        while (data := await asyncio.to_thread(_read_input)) is None or data:
            if data:
                yield data


def _read_input() -> bytes | None:
    """Read what is there; None after a moment without input, so that an interrupt does not wait for the next line."""
    try:
        number = sys.stdin.fileno()
    except io.UnsupportedOperation:
        return sys.stdin.buffer.read(_CHUNK_BYTES)
    if not select.select([number], [], [], _WAIT_S)[0]:
        return None
    return os.read(number, _CHUNK_BYTES)


def _delimiter(text: str, option: str) -> bytes:
    if not text:
        raise ConfigurationError(f"{option} is empty; give at least one character.")
    return os.fsencode(_ESCAPE.sub(lambda found: chr(int(found[1], 16)) if found[1] else _CHARACTERS[found[2]], text))


def _header(text: str) -> tuple[bytes, bytes | None]:
    name, found, value = os.fsencode(text).partition(b"=")
    return name, value if found else None
