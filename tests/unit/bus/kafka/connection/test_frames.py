"""Answers received in place: cut anywhere, handed on whole, and a broker that talks out of turn is hung up on."""

from __future__ import annotations

import socket
import struct
import sys
from collections import deque
from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest
from aiokafka.conn import CloseReason
from aiokafka.protocol.offset import OffsetResponse_v4
from hypothesis import given
from hypothesis import strategies as st

from workbench.bus.kafka.connection.frames import FrameMemory, FrameReceiver, Gathering
from workbench.bus.kafka.wire.fetch import RawResponseType
from workbench.bus.kafka.wire.large_answer import LargeAnswer

LARGE = 1 << 20


def address(memory: memoryview) -> int:
    return np.frombuffer(memory, np.uint8).ctypes.data


class Connection:
    """The part of aiokafka's connection that frames meet."""

    def __init__(self, *kinds: object) -> None:
        self.lost: list[Exception | None] = []
        self._protocol = SimpleNamespace(connection_lost=self.lost.append)
        self._requests = deque((number, SimpleNamespace(RESPONSE_TYPE=kind), None) for number, kind in enumerate(kinds))
        self.handled: list[bytes] = []
        self.closed: list[CloseReason] = []

    def _handle_frame(self, frame: bytes) -> None:
        self.handled.append(frame)
        self._requests.popleft()

    def close(self, reason: CloseReason) -> None:
        self.closed.append(reason)


def feed(frames: FrameReceiver, data: bytes, cuts: list[int] | None = None) -> None:
    at = 0
    sizes = iter(cuts or [])
    while at < len(data):
        room = frames.get_buffer(-1)
        assert len(room)
        size = min(len(room), len(data) - at, next(sizes, 1 << 30))
        room[:size] = data[at : at + size]
        frames.buffer_updated(size)
        at += size


def framed(body: bytes) -> bytes:
    return struct.pack(">i", len(body)) + body


@given(st.lists(st.binary(min_size=4, max_size=200), min_size=1, max_size=5), st.lists(st.integers(1, 50)))
def test_frames_come_whole_and_in_order_wherever_they_are_cut(bodies, cuts):
    connection = Connection(*[object] * len(bodies))
    feed(FrameReceiver(connection), b"".join(map(framed, bodies)), cuts)
    assert connection.handled == bodies


def test_a_fetch_gets_its_frame_without_a_copy_and_aiokafka_only_the_head():
    raw, body = RawResponseType(11), bytes(range(256)) * 40
    connection = Connection(raw, object)
    feed(FrameReceiver(connection), framed(body) + framed(b"next"), [3, 70, 5000])
    assert bytes(raw.frame) == body
    assert connection.handled == [body[:64], b"next"]


@pytest.mark.parametrize("data", [struct.pack(">i", -1), struct.pack(">i", 0), struct.pack(">i", 3)])
def test_a_size_that_no_answer_has_ends_the_connection(data):
    connection = Connection(object)
    feed(FrameReceiver(connection), data)
    assert connection.closed == [CloseReason.OUT_OF_SYNC]


def test_an_answer_that_nobody_asked_for_ends_the_connection():
    connection = Connection()
    feed(FrameReceiver(connection), framed(b"hello"))
    assert (connection.handled, connection.closed) == ([], [CloseReason.OUT_OF_SYNC])


def test_the_stream_learns_that_the_connection_is_lost():
    connection = Connection(object)
    error = ConnectionResetError()
    FrameReceiver(connection).connection_lost(error)
    assert connection.lost == [error]


def test_memory_of_large_answers_is_used_again_once_nothing_refers_to_it():
    memory = FrameMemory()
    first = memory.take(LARGE)
    place = address(first)
    part, first = first[:10], None
    assert address(memory.take(LARGE)) != place, "a part of the answer is still in use"
    part.release()
    assert address(memory.take(LARGE - 5)) == place
    assert len(memory.take(LARGE - 5)) == LARGE - 5


def test_an_answer_that_arrow_refers_to_is_not_overwritten():
    memory = FrameMemory()
    answer = memory.take(LARGE)
    answer[:3] = b"abc"
    kept, answer = pa.py_buffer(answer).slice(0, 3), None
    for _ in range(5):
        memory.take(LARGE)[:3] = b"xyz"
    assert kept.to_pybytes() == b"abc"


def test_an_array_made_of_a_part_of_an_answer_is_not_overwritten():
    memory = FrameMemory()
    answer = memory.take(LARGE)
    answer[:3] = b"abc"
    kept, answer = np.frombuffer(answer[:3], np.uint8)[1:], None
    for _ in range(5):
        memory.take(LARGE)[:3] = b"xyz"
    assert kept.tobytes() == b"bc"


def test_memory_of_few_large_answers_is_kept_and_of_small_ones_none():
    memory = FrameMemory()
    held = [memory.take(LARGE) for _ in range(7)]
    places = {address(one) for one in held}
    held.clear()
    again = [memory.take(LARGE) for _ in range(4)]
    assert {address(one) for one in again} <= places
    memory.take(100)
    assert sum(len(array) for array, _ in memory._kept) == 4 * LARGE


def test_memory_of_an_answer_far_above_a_fetch_is_not_kept():
    memory = FrameMemory()
    memory.take(16 * LARGE)
    memory.take(16 * LARGE + 1)
    assert [len(array) for array, _ in memory._kept] == [16 * LARGE]


@pytest.mark.parametrize(("size", "large"), [(1 << 14, False), ((1 << 14) + 1, True)])
def test_a_large_answer_is_decoded_by_compiled_code(size, large):
    connection = Connection(OffsetResponse_v4, OffsetResponse_v4)
    request = connection._requests[0][1]
    feed(FrameReceiver(connection), framed(bytes(size)))
    assert isinstance(request.RESPONSE_TYPE, LargeAnswer) is large
    assert connection._requests[0][1].RESPONSE_TYPE is OffsetResponse_v4


def test_a_socket_gathers_what_a_large_answer_still_brings_and_never_more():
    with socket.socket() as receiving:
        gathering = Gathering(receiving)

        def least(missing):
            gathering.wait_for(missing)
            return receiving.getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT)

        assert [least(missing) for missing in (4 << 20, 512 << 10, 100_000, 1 << 16, 4)] == [512 << 10] * 2 + [
            100_000,
            1,
            1,
        ]


def test_no_gathering_where_tls_reads_the_socket():
    def transport(**extra):
        return SimpleNamespace(get_extra_info=extra.get)

    assert Gathering.of(transport(socket=object(), sslcontext=object())) is None
    assert Gathering.of(transport()) is None
    assert (Gathering.of(transport(socket=object())) is not None) == (sys.platform == "linux")
