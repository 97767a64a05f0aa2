"""Defines `Host`: the state that the host functions of one instance share, the limits of its work, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from workbench.text import number_text
from workbench.transforms.guest.memory import GuestFault, GuestMemory

if TYPE_CHECKING:
    from collections.abc import Callable

    import wasmtime

    from workbench.transforms.batches import Batch, SourceRecord
    from workbench.transforms.guest.logs import GuestLog
    from workbench.transforms.limits import Limits
    from workbench.transforms.spec import TransformSpec

HostFunction: TypeAlias = "Callable[..., int | None]"

ENDED = -1
"""Answer of host functions that have no active transform."""
_UNIT_BYTES = 1024
_NS_PER_MS = 1_000_000


@dataclass(frozen=True, slots=True)
class End:
    """How an instance ended: its input was finished, it did something wrong, or the host failed."""

    kind: Literal["finished", "guest", "host"]
    reason: str = ""
    error: BaseException | None = None
    """The error of the host, such as a snapshot that cannot be read; it is raised again."""


class Host:
    """What one instance has in hand: its batch, its record, its clock, and the work that it may still ask for.

    A host function never raises through WebAssembly: the package keeps the last exception of a callback in a variable
    that all threads share, so that one instance could raise the error of another. It notes how the instance ended, and
    takes its fuel away; the guest then stops at its next jump or call.
    """

    def __init__(self, store: wasmtime.Store, spec: TransformSpec, limits: Limits, log: GuestLog) -> None:
        self.store = store
        self.spec = spec
        self.limits = limits
        self.log = log
        self.memory: GuestMemory | None = None
        self.batch: Batch | None = None
        self.next_index = 0
        """Index of the next record of the batch."""
        self.record: SourceRecord | None = None
        """The record at work: read, and not yet followed by the next reading."""
        self.timestamp_ms = 0
        self.end: End | None = None
        self._work = 0
        self._ticks = 0
        self.refuel()

    @property
    def guest_memory(self) -> GuestMemory:
        """The memory of the instance.

        Raises:
            GuestFault: It called the host while it was being made; then it has none yet.
        """
        if self.memory is None:
            raise GuestFault("It called a host function before it was started")
        return self.memory

    @property
    def offset(self) -> int | None:
        """Offset of the record at work."""
        return None if self.record is None else self.record.offset

    def refuel(self) -> None:
        """Give the guest the fuel and the host work of one record."""
        self.store.set_fuel(self.limits.fuel)
        self._work = 0

    def charge(self, moved_bytes: int) -> None:
        """Count work that the guest asks of the host besides the call itself.

        Raises:
            GuestFault: It is more than one record may cost.
        """
        self._work += (moved_bytes & 0xFFFF_FFFF) // _UNIT_BYTES
        if self._work > self.limits.host_work:
            raise GuestFault(
                f"It called host functions more than {number_text(self.limits.host_work)} times for one record, "
                "or moved very much data with them"
            )

    def tick_ns(self) -> int:
        """Return the next time of the clocks that only count: 1 ms later with each call."""
        self._ticks += 1
        return (self._ticks - 1) * _NS_PER_MS

    def stop(self, end: End) -> None:
        """End the instance; the first reason counts."""
        if self.end is None:
            self.end = end
        self.store.set_fuel(0)

    def guard(self, function: HostFunction, *, answers: bool) -> Callable[..., Any]:
        """Wrap a host function: its work is counted, and whatever it raises ends the instance."""

        def call(*arguments: int) -> int | None:
            result: int | None = ENDED
            if self.end is None:
                try:
                    self._work += 1
                    self.charge(0)
                    if self.memory is not None:
                        self.memory.forget()
                    result = function(*arguments)
                except GuestFault as fault:
                    self.stop(End("guest", str(fault)))
                    result = ENDED
                except BaseException as error:  # noqa: BLE001 - an interrupt too: it is raised again when the guest has stopped
                    self.stop(End("host", str(error), error))
                    result = ENDED
            return result if answers else None

        return call
