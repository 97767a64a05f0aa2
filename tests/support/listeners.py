"""Servers on loopback that are no Kafka broker, and one that answers as a broker with a wrong advertised address."""

from __future__ import annotations

import asyncio
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

API_VERSIONS, METADATA = 18, 3


@asynccontextmanager
async def listening(answer: Answer, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve each connection with ``answer``; gives the port."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await answer(reader, writer)
        except OSError:
            pass
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def banner(text: bytes) -> Answer:
    """Answer that sends a text at once, as SSH and mail servers do."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(text)
        await reader.read()

    return answer


async def http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer a whole line, as an HTTP server does."""
    await reader.readline()
    writer.write(b"HTTP/1.0 400 Bad Request\r\n\r\n")
    await writer.drain()


async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close at once."""


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Read and say nothing."""
    await reader.read()


def kafka(host: str, port: int, *, sasl: bool = False) -> Answer:
    """Answer ApiVersions and Metadata 3 as a broker that advertises an address; with ``sasl`` close at Metadata."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                key, _, correlation = struct.unpack_from(">hhi", await reader.readexactly(size))
            except asyncio.IncompleteReadError:
                return
            if key == METADATA and sasl:
                return
            body = struct.pack(">i", correlation) + (
                _versions({API_VERSIONS: 0, METADATA: 3}) if key == API_VERSIONS else _metadata(host, port)
            )
            writer.write(struct.pack(">i", len(body)) + body)

    return answer


def _versions(served: Mapping[int, int]) -> bytes:
    rows = b"".join(struct.pack(">hhh", key, version, version) for key, version in served.items())
    return struct.pack(">hi", 0, len(served)) + rows


def _metadata(host: str, port: int, topic: str | None = None) -> bytes:
    broker = struct.pack(">i", 7) + _text(host) + struct.pack(">i", port) + struct.pack(">h", -1)
    head = struct.pack(">ii", 0, 1) + broker + _text("cluster-of-a-test") + struct.pack(">i", 7)
    if topic is None:
        return head + struct.pack(">i", 0)
    partition = struct.pack(">hii", 0, 0, 7) + struct.pack(">ii", 1, 7) * 2
    return head + struct.pack(">ih", 1, 0) + _text(topic) + struct.pack(">?i", False, 1) + partition


def _text(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()


FETCH, LIST_OFFSETS = 1, 2


def one_partition(records: Callable[[int], bytes | None], end: int, topic: str = "t") -> Answer:
    """Answer as the broker of a one-partition topic; ``records`` gives the bytes at an offset, None a broken answer."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = writer.get_extra_info("sockname")[1]
        while True:
            try:
                (size,) = struct.unpack(">i", await reader.readexactly(4))
                request = await reader.readexactly(size)
            except asyncio.IncompleteReadError:
                return
            key, _, correlation = struct.unpack_from(">hhi", request)
            if key == API_VERSIONS:
                body = _versions({API_VERSIONS: 0, METADATA: 3, FETCH: 4, LIST_OFFSETS: 2})
            elif key == METADATA:
                body = _metadata("127.0.0.1", port, topic)
            elif key == LIST_OFFSETS:
                body = _offsets(topic, end)
            else:
                body = _fetched(topic, records(_asked_offset(request)), end)
            frame = struct.pack(">i", correlation) + body
            writer.write(struct.pack(">i", len(frame)) + frame)

    return answer


def _asked_offset(request: bytes) -> int:
    """Offset of the only partition of a fetch request of version 4: its last 12 bytes are offset and limit."""
    return int(struct.unpack_from(">q", request, len(request) - 12)[0])


def _fetched(topic: str, records: bytes | None, end: int) -> bytes:
    head = struct.pack(">ii", 0, 1) + _text(topic) + struct.pack(">i", 1) + struct.pack(">ihqqi", 0, 0, end, end, 0)
    if records is None:
        return head + struct.pack(">i", 1 << 20)
    return head + struct.pack(">i", len(records)) + records


def _offsets(topic: str, end: int) -> bytes:
    return struct.pack(">ii", 0, 1) + _text(topic) + struct.pack(">iihqq", 1, 0, 0, -1, end)
