"""Gives host functions to a linker so that a call of the guest costs little.

wasmtime's own way makes Python objects of the caller, of each number and of its type: 53 us for the two calls that a
record needs, where these need 4. Numbers are read from the array in which WebAssembly hands them over; the types were
compared with `workbench.transforms.guest.signatures` before. The package has the C function for this only below its
public names, which is why its version is pinned.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import wasmtime

_VALUE_WORDS = 4
"""Words of 32 bits that one value has in the array."""
_LOW = 0xFFFF_FFFF


class HostFunctions:
    """Defines host functions, and keeps what the linker calls; it has to live as long as the instance."""

    def __init__(self, linker: wasmtime.Linker) -> None:
        from wasmtime import _bindings

        self._linker = linker
        self._bindings: Any = _bindings
        self._kept: list[Any] = []

    def define(self, module: str, name: str, kind: wasmtime.FuncType, function: Callable[..., int | None]) -> None:
        """Define a function of 32-bit and 64-bit integers; it must not raise."""
        bindings = self._bindings
        callback = _callback([str(one) for one in kind.params], function, answers=bool(kind.results))
        entry = ctypes.cast(callback, bindings.wasmtime_func_unchecked_callback_t)
        named = [(ctypes.create_string_buffer(text, len(text)), len(text)) for text in (module.encode(), name.encode())]
        (module_text, module_size), (name_text, name_size) = named
        self._kept += [callback, entry]
        error = bindings.wasmtime_linker_define_func_unchecked(
            self._linker.ptr(), module_text, module_size, name_text, name_size, kind.ptr(), entry, None, _NO_FINALIZER
        )
        if error:
            import wasmtime

            raise wasmtime.WasmtimeError._from_ptr(error)  # noqa: SLF001 - the package's own way to raise what C returns


_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_size_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(ctypes.c_int32), ctypes.c_size_t
)
_NO_FINALIZER = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(0)


def _callback(kinds: list[str], function: Callable[..., int | None], *, answers: bool) -> Any:
    arguments = _reader(kinds)

    def call(_data: Any, _caller: Any, words: Any, _size: int) -> int:
        result = function(*arguments(words))
        if answers and result is not None:
            words[0], words[1] = result, 0
        return 0

    return _CALLBACK(call)


def _reader(kinds: list[str]) -> Callable[[Any], Sequence[int]]:
    """Return what reads the signed numbers of these types."""
    if not kinds:
        return lambda _: ()
    if "i64" not in kinds:
        end = len(kinds) * _VALUE_WORDS
        return lambda words: words[0:end:_VALUE_WORDS]
    places = [(at * _VALUE_WORDS, kind == "i64") for at, kind in enumerate(kinds)]
    return lambda words: [words[at + 1] << 32 | words[at] & _LOW if wide else words[at] for at, wide in places]
