"""Servers on loopback that are no Kafka broker, and one that answers as a broker with a wrong advertised address."""

from __future__ import annotations

import asyncio
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Awaitable, Callable

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
            body = struct.pack(">i", correlation) + (_versions() if key == API_VERSIONS else _metadata(host, port))
            writer.write(struct.pack(">i", len(body)) + body)

    return answer


def _versions() -> bytes:
    served = {API_VERSIONS: (0, 0), METADATA: (3, 3)}
    rows = b"".join(struct.pack(">hhh", key, *versions) for key, versions in served.items())
    return struct.pack(">hi", 0, len(served)) + rows


def _metadata(host: str, port: int) -> bytes:
    broker = struct.pack(">i", 7) + _text(host) + struct.pack(">i", port) + struct.pack(">h", -1)
    return struct.pack(">ii", 0, 1) + broker + _text("cluster-of-a-test") + struct.pack(">ii", 7, 0)


def _text(text: str) -> bytes:
    return struct.pack(">h", len(text)) + text.encode()
