"""Imports wasmtime and makes the engine that all guests run in."""

from __future__ import annotations

import atexit
from functools import cache
from typing import TYPE_CHECKING

from workbench.errors import MissingExtraError
from workbench.transforms.limits import STACK_BYTES

if TYPE_CHECKING:
    from types import ModuleType

    import wasmtime


def wasmtime_package() -> ModuleType:
    """Import wasmtime.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        import wasmtime
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "wasmtime":
            raise
        raise MissingExtraError("Running a data transform", package="wasmtime", extra="transforms") from error
    return wasmtime


@cache
def engine() -> wasmtime.Engine:
    """Return the engine: fuel is counted, the stack is small, and what a broker does not offer is switched off."""
    package = wasmtime_package()
    config = package.Config()
    config.consume_fuel = True
    config.max_wasm_stack = STACK_BYTES
    config.wasm_threads = False
    config.wasm_memory64 = False
    config.wasm_multi_memory = False
    # Results are compared between machines; a NaN has one form only.
    config.cranelift_nan_canonicalization = True
    made: wasmtime.Engine = package.Engine(config)
    # It cannot be freed when the interpreter has taken its package apart already.
    atexit.register(engine.cache_clear)
    return made
