"""Reads and writes the memory of a guest; every range is checked before anything is touched."""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import struct

    import wasmtime

_WORD = 0xFFFF_FFFF


class GuestFault(Exception):  # noqa: N818 - it is the guest's fault that ends the guest, and no error of ours
    """The guest asked for something that ends it; the message is the reason."""


class GuestMemory:
    """The exported memory of one instance. Numbers are little-endian, pointers are offsets."""

    def __init__(self, store: wasmtime.Store, memory: wasmtime.Memory) -> None:
        self._store = store
        self._memory = memory
        self._size = 0
        self._base: int | None = None

    def forget(self) -> None:
        """Ask again where the memory is: it may have grown, and moved, since the last call of the guest."""
        self._base = None

    def read(self, pointer: int, length: int) -> bytes:
        """Return bytes.

        Raises:
            GuestFault: The range leaves the memory.
        """
        return ctypes.string_at(self._address(pointer, length), length & _WORD)

    def write(self, pointer: int, data: bytes) -> None:
        """Store bytes.

        Raises:
            GuestFault: The range leaves the memory.
        """
        ctypes.memmove(self._address(pointer, len(data)), data, len(data))

    def fill(self, pointer: int, length: int, byte: int) -> None:
        """Store the same byte many times.

        Raises:
            GuestFault: The range leaves the memory.
        """
        ctypes.memset(self._address(pointer, length), byte, length & _WORD)

    def pack(self, pointer: int, layout: struct.Struct, *numbers: int) -> None:
        """Store numbers in a layout.

        Raises:
            GuestFault: The range leaves the memory.
        """
        self.write(pointer, layout.pack(*numbers))

    def _address(self, pointer: int, length: int) -> int:
        # The guest's numbers are unsigned; wasmtime hands them over as signed ones.
        # A product of the host, such as a count of entries times their size, may be larger than any memory.
        pointer &= _WORD
        length = length if length > _WORD else length & _WORD
        if self._base is None:
            self._size = self._memory.data_len(self._store)
            self._base = ctypes.cast(self._memory.data_ptr(self._store), ctypes.c_void_p).value or 0
        if pointer + length > self._size:
            raise GuestFault(f"It named the bytes {pointer} to {pointer + length}, and its memory ends at {self._size}")
        return self._base + pointer
