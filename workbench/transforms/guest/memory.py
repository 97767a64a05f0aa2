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
        self._view = memoryview(b"")
        self._known = False

    def forget(self) -> None:
        """Ask again how large the memory is: it may have grown, and moved, since the last call of the guest."""
        self._known = False

    def read(self, pointer: int, length: int) -> bytes:
        """Return bytes.

        Raises:
            GuestFault: The range leaves the memory.
        """
        # The range first: looking at the memory may make another view.
        place = self._range(pointer, length)
        return self._view[place].tobytes()

    def write(self, pointer: int, data: bytes) -> None:
        """Store bytes.

        Raises:
            GuestFault: The range leaves the memory.
        """
        place = self._range(pointer, len(data))
        self._view[place] = data

    def fill(self, pointer: int, length: int, byte: int) -> None:
        """Store the same byte many times.

        Raises:
            GuestFault: The range leaves the memory.
        """
        place = self._range(pointer, length)
        self._view[place] = bytes((byte,)) * (place.stop - place.start)

    def pack(self, pointer: int, layout: struct.Struct, *numbers: int) -> None:
        """Store numbers in a layout.

        Raises:
            GuestFault: The range leaves the memory.
        """
        self.write(pointer, layout.pack(*numbers))

    def _range(self, pointer: int, length: int) -> slice:
        # The guest's numbers are unsigned, and come as signed ones.
        # A product of the host, such as a count of entries times their size, may be larger than any memory.
        pointer &= _WORD
        end = pointer + (length if length > _WORD else length & _WORD)
        if not self._known:
            self._look()
        if end > self._size:
            raise GuestFault(f"It named the bytes {pointer} to {end}, and its memory ends at {self._size}")
        return slice(pointer, end)

    def _look(self) -> None:
        size = self._memory.data_len(self._store)
        # A memory moves only when it grows.
        if size != self._size:
            base = ctypes.cast(self._memory.data_ptr(self._store), ctypes.c_void_p).value
            self._size = size
            self._view = (
                memoryview((ctypes.c_ubyte * size).from_address(base or 0)).cast("B") if size else memoryview(b"")
            )
        self._known = True
