"""Receives each answer from the socket into memory of its own, without a buffer in between.

aiokafka reads through a stream, which copies every byte twice more and asks the socket for a quarter of a MiB at a
time; a fetch answers with megabytes. aiokafka still connects, authenticates and matches answers to requests.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import weakref
from typing import TYPE_CHECKING

from aiokafka.conn import CloseReason

from workbench.bus.kafka.wire.fetch import RawResponseType
from workbench.bus.kafka.wire.large_answer import LargeAnswer

if TYPE_CHECKING:
    import numpy as np
    from aiokafka.conn import AIOKafkaConnection
    from numpy.typing import NDArray

_SIZE_BYTES = 4
_HEAD_BYTES = 64
"""More than the header of any answer takes."""
_SMALL_BYTES = 1 << 16
"""Answers up to this size are received into memory that Python fills with zeros first."""
_SHORT_BYTES = 1 << 14
"""Answers up to this size are decoded by aiokafka, field by field."""
_LARGE = 1 << 20
"""Bytes of an answer from which its memory is kept for the next ones, and the step in which it is allocated."""
_LARGEST_KEPT = 16 << 20
"""Bytes of an answer up to which its memory is kept: twice what a fetch asks for. A larger one is rare."""
_KEPT = 4
_GATHERED = 512 << 10


class FrameMemory:
    """Memory for the answers of one socket, used again once nothing refers to the answer that was there.

    Memory of megabytes comes fresh from the system each time, and clearing its pages costs as much as receiving into
    them. Four are kept: one answer is received while one before it is decoded and up to two wait for that.
    """

    def __init__(self) -> None:
        self._kept: list[tuple[NDArray[np.uint8], weakref.ref[NDArray[np.uint8]]]] = []
        """Memory, and what was handed out of it: dead once no view of the answer, or of a part of it, is left."""

    def take(self, size: int) -> memoryview:
        """Return memory of so many bytes; large ones are not written to: a size that lies costs address space only."""
        if size <= _SMALL_BYTES:
            return memoryview(bytearray(size))
        for at, (array, handed_out) in enumerate(self._kept):
            if len(array) >= size and handed_out() is None:
                answer = array[:size]
                self._kept[at] = array, weakref.ref(answer)
                return memoryview(answer)  # type: ignore[arg-type]  # numpy arrays are buffers
        # Imported by the first large answer: a command that lists topics gets none, and starts sooner without numpy.
        import numpy as np

        # In whole steps, because the next answers are a little larger or smaller.
        array = np.empty(-(-size // _LARGE) * _LARGE, np.uint8)
        answer = array[:size]
        if _LARGE <= size <= _LARGEST_KEPT:
            # The oldest is dropped: answers may have become larger since.
            self._kept = [*self._kept, (array, weakref.ref(answer))][-_KEPT:]
        return memoryview(answer)  # type: ignore[arg-type]  # numpy arrays are buffers


class Gathering:
    """Lets a socket gather bytes of a large answer before it wakes the event loop.

    A loopback brings 80 KiB at a time, and each turn of the loop costs more than receiving them.
    """

    def __init__(self, receiving: socket.socket) -> None:
        self._socket = receiving
        self._least = 1

    @classmethod
    def of(cls, transport: asyncio.BaseTransport) -> Gathering | None:
        """Return one for an open connection; None where TLS or the system has its own idea of what is readable."""
        receiving = transport.get_extra_info("socket")
        if sys.platform != "linux" or receiving is None or transport.get_extra_info("sslcontext") is not None:
            return None
        return cls(receiving)

    def wait_for(self, missing: int) -> None:
        """Gather some of the bytes that are missing of an answer, and never more: nothing might follow them."""
        least = min(missing, _GATHERED) if missing > _SMALL_BYTES else 1
        if least != self._least:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, least)
            self._least = least


class FrameReceiver(asyncio.BufferedProtocol):
    """Receives the bytes of an open connection; all other events still go to the stream's protocol."""

    def __init__(self, connection: AIOKafkaConnection, gathering: Gathering | None = None) -> None:
        self._connection = connection
        self._stream = connection._protocol  # noqa: SLF001 - aiokafka offers no other way in
        self._size = bytearray(_SIZE_BYTES)
        self._into = memoryview(self._size)
        self._filled = 0
        self._memory = FrameMemory()
        self._gathering = gathering

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return the memory for the next bytes."""
        del sizehint
        return self._into[self._filled :]

    def buffer_updated(self, nbytes: int) -> None:
        """Count the bytes that came; deliver a frame that is complete."""
        self._filled += nbytes
        if self._filled < len(self._into):
            self._wait_for(len(self._into) - self._filled)
            return
        # A frame is four bytes of size, then that many bytes; `_into` is the memory for one or the other.
        whole, self._filled = self._into, 0
        if whole.obj is not self._size:
            self._into = memoryview(self._size)
            self._wait_for(_SIZE_BYTES)
            self._deliver(whole)
            return
        size = int.from_bytes(self._size, "big", signed=True)
        if size < _SIZE_BYTES:
            self._connection.close(reason=CloseReason.OUT_OF_SYNC)
            return
        self._into = self._memory.take(size)
        self._wait_for(size)

    def _wait_for(self, missing: int) -> None:
        if self._gathering is not None:
            self._gathering.wait_for(missing)

    def eof_received(self) -> bool | None:
        """End the stream."""
        ended: bool | None = self._stream.eof_received()
        return ended

    def connection_lost(self, exc: Exception | None) -> None:
        """Fail the stream, and with it the requests that wait for an answer."""
        self._stream.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pause the writers that wait for the stream to drain."""
        self._stream.pause_writing()

    def resume_writing(self) -> None:
        """Resume the writers that wait for the stream to drain."""
        self._stream.resume_writing()

    def _deliver(self, frame: memoryview) -> None:
        # A broker answers the requests of a socket in their order, so the frame belongs to the oldest one.
        waiting = self._connection._requests  # noqa: SLF001 - same
        if not waiting:
            self._connection.close(reason=CloseReason.OUT_OF_SYNC)
            return
        raw = getattr(waiting[0][1], "RESPONSE_TYPE", None)
        head: bytes | memoryview = frame
        if isinstance(raw, RawResponseType):
            raw.frame, head = frame, frame[:_HEAD_BYTES]
        elif raw is not None and len(frame) > _SHORT_BYTES:
            # Of this request alone: the type itself is aiokafka's.
            waiting[0][1].RESPONSE_TYPE = LargeAnswer(raw)
        try:
            self._connection._handle_frame(bytes(head))  # noqa: SLF001 - same
        except Exception as error:  # noqa: BLE001 - aiokafka's parser raises whatever wrong bytes lead to
            # The requests that wait fail as on a broken connection, and are sent again on a new one.
            self._connection.close(reason=CloseReason.OUT_OF_SYNC, exc=error)


def receive_in_place(connection: AIOKafkaConnection) -> None:
    """Let `FrameReceiver` receive what comes from now on; no answer may be under way."""
    transport = connection._writer.transport  # noqa: SLF001 - same
    transport.set_protocol(FrameReceiver(connection, Gathering.of(transport)))
