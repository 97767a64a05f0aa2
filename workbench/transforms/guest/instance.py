"""Runs one instance of a module over the batches of one input partition, until its input or the instance ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.text import visible
from workbench.transforms.guest.engine import engine, wasmtime_package
from workbench.transforms.guest.host import End, Host
from workbench.transforms.guest.linking import HostFunctions
from workbench.transforms.guest.memory import GuestMemory
from workbench.transforms.guest.record_functions import RecordFunctions
from workbench.transforms.guest.registry_functions import RegistryFunctions
from workbench.transforms.guest.signatures import REGISTRY, SIGNATURES, TRANSFORM, WASI
from workbench.transforms.guest.wasi import Wasi
from workbench.transforms.limits import TABLE_ELEMENTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import wasmtime

    from workbench.transforms.batches import Batch
    from workbench.transforms.guest.logs import GuestLog
    from workbench.transforms.guest.module import TransformModule
    from workbench.transforms.guest.record_functions import Sink
    from workbench.transforms.guest.registry_functions import SchemaSource
    from workbench.transforms.limits import Limits
    from workbench.transforms.spec import TransformSpec

_REASONS = {
    "OUT_OF_FUEL": "It computed longer than one record may take",
    "STACK_OVERFLOW": "Its stack is full",
    "MEMORY_OUT_OF_BOUNDS": "It used memory that it does not have",
    "UNREACHABLE": "It reached an instruction that ends it (unreachable), as a panic or an abort does",
}


class Instance:
    """One virtual machine. `run` may be called once, in any thread."""

    def __init__(
        self,
        module: TransformModule,
        spec: TransformSpec,
        *,
        batches: Iterator[Batch],
        sink: Sink,
        log: GuestLog,
        limits: Limits,
        schemas: SchemaSource | None = None,
    ) -> None:
        package = wasmtime_package()
        self._module = module
        store = package.Store(engine())
        store.set_limits(
            memory_size=limits.memory_bytes, instances=1, tables=1, memories=1, table_elements=TABLE_ELEMENTS
        )
        self._store: wasmtime.Store = store
        self.host = Host(store, spec, limits, log)
        self._functions = {
            TRANSFORM: RecordFunctions(self.host, batches, sink).functions(),
            REGISTRY: RegistryFunctions(self.host, schemas).functions(),
            WASI: Wasi(self.host).functions(),
        }

    def run(self) -> End:
        """Run the module to its end, and say how it ended.

        Raises:
            Exception: Reading the input or storing the output failed; a `KeyboardInterrupt` comes through as well.
        """
        package = wasmtime_package()
        reason = "It returned from _start, although its input was not finished"
        try:
            self._start()
        except package.Trap as trap:
            reason = _trap_text(trap)
        except package.WasmtimeError as error:
            reason = f"It could not be started: {visible(str(error), 300)}"
        finally:
            self.host.log.flush(self.host.offset)
            self._store.close()
        end = self.host.end or End("guest", reason)
        if end.error is not None:
            raise end.error
        return end

    def _start(self) -> None:
        package = wasmtime_package()
        linker = package.Linker(engine())
        linked = HostFunctions(linker)
        for one in self._module.compiled.imports:
            function = self._functions[one.module][one.name or ""]
            answers = not SIGNATURES[one.module][one.name or ""].endswith(":")
            linker.allow_shadowing = True  # a module may import the same function twice
            kind: Any = one.type
            linked.define(one.module, one.name or "", kind, self.host.guard(function, answers=answers))
        self._linked = linked
        instance = linker.instantiate(self._store, self._module.compiled)
        exports = instance.exports(self._store)
        self.host.memory = GuestMemory(self._store, exports["memory"])
        exports["_start"](self._store)


def _trap_text(trap: wasmtime.Trap) -> str:
    code = trap.trap_code
    if code is not None and code.name in _REASONS:
        return _REASONS[code.name]
    # The text has a backtrace with names of the guest's own; its last line is the cause.
    lines = [line.strip() for line in trap.message.splitlines() if line.strip()]
    return f"It was stopped: {visible(lines[-1] if lines else 'no reason was given', 200)}"
