"""Receives answers in place: each goes from the socket into memory of its own, without a buffer in between.

aiokafka reads through a stream, which copies every byte twice more and asks the socket for a quarter of a MiB at a
time; a fetch answers with megabytes. It still dials, authenticates and matches answers to requests.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np
from aiokafka.conn import CloseReason

from workbench.bus.kafka.wire.fetch import RawType

if TYPE_CHECKING:
    from aiokafka.conn import AIOKafkaConnection

_SIZE_BYTES = 4
_HEAD_BYTES = 64
"""More than the header of any answer takes."""


class Frames(asyncio.BufferedProtocol):
    """Takes an open connection's bytes over from its stream; everything else still goes to the stream's protocol."""

    def __init__(self, connection: AIOKafkaConnection) -> None:
        self._connection = connection
        self._stream = connection._protocol  # noqa: SLF001 - aiokafka offers no other way in
        self._size = bytearray(_SIZE_BYTES)
        self._into = memoryview(self._size)
        self._filled = 0

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next bytes belong."""
        del sizehint
        return self._into[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Count what came; a frame that is whole goes to whom it answers."""
        self._filled += nbytes
        if self._filled < len(self._into):
            return
        whole, self._filled = self._into, 0
        if whole.obj is not self._size:
            self._into = memoryview(self._size)
            self._deliver(whole)
            return
        size = int.from_bytes(self._size, "big", signed=True)
        if size < _SIZE_BYTES:
            self._connection.close(reason=CloseReason.OUT_OF_SYNC)
            return
        self._into = memoryview(np.empty(size, np.uint8))  # type: ignore[arg-type]  # numpy arrays are buffers

    def eof_received(self) -> bool | None:
        """Let the stream end."""
        ended: bool | None = self._stream.eof_received()
        return ended

    def connection_lost(self, exc: Exception | None) -> None:
        """Let the stream fail, and with it the requests that wait."""
        self._stream.connection_lost(exc)

    def pause_writing(self) -> None:
        """Let who drains the stream wait."""
        self._stream.pause_writing()

    def resume_writing(self) -> None:
        """Let who drains the stream go on."""
        self._stream.resume_writing()

    def _deliver(self, frame: memoryview) -> None:
        waiting = self._connection._requests  # noqa: SLF001 - same
        if not waiting:
            self._connection.close(reason=CloseReason.OUT_OF_SYNC)
            return
        raw = getattr(waiting[0][1], "RESPONSE_TYPE", None)
        if isinstance(raw, RawType):
            raw.frame = frame
            self._connection._handle_frame(bytes(frame[:_HEAD_BYTES]))  # noqa: SLF001 - same
        else:
            self._connection._handle_frame(bytes(frame))  # noqa: SLF001 - same


def receive_in_place(connection: AIOKafkaConnection) -> None:
    """Let `Frames` receive what comes from now on; no answer may be under way."""
    connection._writer.transport.set_protocol(Frames(connection))  # noqa: SLF001 - same
