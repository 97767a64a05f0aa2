"""The host functions of WASI as a Redpanda broker offers them: no files, no network, no real time, no randomness.

A transform is therefore a function of its records and its environment only, and a local run shows what a broker does.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from workbench.transforms.guest.memory import GuestFault
from workbench.transforms.guest.signatures import SIGNATURES, WASI

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from workbench.transforms.guest.host import Host, HostFunction
    from workbench.transforms.guest.logs import Level

OK = 0
BAD_FILE = 8
BAD_CLOCK = 16
INVALID = 28
NOT_SUPPORTED = 52

_U32, _U64 = struct.Struct("<I"), struct.Struct("<Q")
_EVENT = struct.Struct("<QHB21x")
_NS_PER_MS = 1_000_000
_REALTIME = 0
_CLOCKS = 4
_STANDARD_FILES = 3
_RANDOM_BYTE = 9
_SUBSCRIPTION_BYTES = 48
_IO_VECTOR_BYTES = 8
_LOGGED_BYTES = 64 << 10
"""Bytes of one call that reach the log; the guest is told that all were written."""
_LEVELS: Mapping[int, Level] = {1: "info", 2: "warn"}


class Wasi:
    """Answers the calls of one instance."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._arguments = [host.spec.name]
        self._environment = [f"{key}={value}" for key, value in host.spec.variables().items()]

    def functions(self) -> Mapping[str, HostFunction]:
        """Return all functions by name; what is not offered answers that it is not supported."""
        offered: dict[str, HostFunction] = {
            "args_get": self._list_getter(self._arguments),
            "args_sizes_get": self._sizes_getter(self._arguments),
            "environ_get": self._list_getter(self._environment),
            "environ_sizes_get": self._sizes_getter(self._environment),
            "clock_res_get": self._clock_res_get,
            "clock_time_get": self._clock_time_get,
            "fd_write": self._fd_write,
            "fd_prestat_get": lambda file, _: NOT_SUPPORTED if 0 <= file < _STANDARD_FILES else BAD_FILE,
            "poll_oneoff": self._poll_oneoff,
            "random_get": self._random_get,
            "proc_exit": self._proc_exit,
            "sched_yield": lambda: OK,
        }
        return {name: offered.get(name, _not_supported) for name in SIGNATURES[WASI]}

    def _list_getter(self, texts: Sequence[str]) -> Callable[[int, int], int]:
        def get(pointers: int, buffer: int) -> int:
            memory = self._host.guest_memory
            for index, text in enumerate(texts):
                data = text.encode() + b"\0"
                memory.pack(pointers + 4 * index, _U32, buffer & 0xFFFF_FFFF)
                memory.write(buffer, data)
                buffer += len(data)
            return OK

        return get

    def _sizes_getter(self, texts: Sequence[str]) -> Callable[[int, int], int]:
        def get(count: int, size: int) -> int:
            memory = self._host.guest_memory
            memory.pack(count, _U32, len(texts))
            memory.pack(size, _U32, sum(len(text.encode()) + 1 for text in texts))
            return OK

        return get

    def _clock_res_get(self, clock: int, result: int) -> int:
        if not 0 <= clock < _CLOCKS:
            return BAD_CLOCK
        self._host.guest_memory.pack(result, _U64, _NS_PER_MS)
        return OK

    def _clock_time_get(self, clock: int, _precision: int, result: int) -> int:
        if not 0 <= clock < _CLOCKS:
            return BAD_CLOCK
        host = self._host
        time_ns = host.timestamp_ms * _NS_PER_MS if clock == _REALTIME else host.tick_ns()
        # A record may have no time, which is -1: the guest sees it as the number that these bits are.
        host.guest_memory.pack(result, _U64, time_ns & 0xFFFF_FFFF_FFFF_FFFF)
        return OK

    def _fd_write(self, file: int, vectors: int, count: int, written: int) -> int:
        level = _LEVELS.get(file)
        if level is None:
            return NOT_SUPPORTED
        host, memory = self._host, self._host.guest_memory
        count &= 0xFFFF_FFFF
        table = memory.read(vectors, count * _IO_VECTOR_BYTES)
        host.charge(len(table))
        total, kept = 0, bytearray()
        for pointer, length in struct.iter_unpack("<II", table):
            total += length
            if len(kept) < _LOGGED_BYTES:
                kept += memory.read(pointer, min(length, _LOGGED_BYTES - len(kept)))
        host.charge(len(kept))
        host.log.write(level, bytes(kept), host.offset)
        memory.pack(written, _U32, total & 0xFFFF_FFFF)
        return OK

    def _poll_oneoff(self, subscriptions: int, events: int, count: int, stored: int) -> int:
        host, memory = self._host, self._host.guest_memory
        count &= 0xFFFF_FFFF
        if not count:
            return INVALID
        asked = memory.read(subscriptions, count * _SUBSCRIPTION_BYTES)
        host.charge(len(asked))
        answers = bytearray()
        for at in range(0, len(asked), _SUBSCRIPTION_BYTES):
            (data,) = _U64.unpack_from(asked, at)
            kind = asked[at + 8]
            answers += _EVENT.pack(data, OK if kind == 0 else NOT_SUPPORTED, kind)
        memory.write(events, bytes(answers))
        memory.pack(stored, _U32, count)
        return OK

    def _random_get(self, buffer: int, length: int) -> int:
        self._host.guest_memory.fill(buffer, length, _RANDOM_BYTE)
        self._host.charge(length)
        return OK

    def _proc_exit(self, code: int) -> None:
        raise GuestFault(f"It ended itself with the exit code {code}")


def _not_supported(*_: int) -> int:
    return NOT_SUPPORTED
