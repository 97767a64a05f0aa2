"""Controls a running replay: pause, resume, cancel; a run obeys between two batches."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

BY_USER = "paused"


class RunControl:
    """Pauses, resumes and cancels a run; give it to `run_plan` or ``cluster.run(…, control=control)``.

    Each takes effect between two batches, so that no transaction is left open while the run waits. A batch holds at
    most one second of the planned pace.
    """

    def __init__(self) -> None:
        self._reasons: dict[str, str] = {}
        self._free = asyncio.Event()
        self._free.set()
        self.stop = asyncio.Event()
        """Set when the run is to stop; its present batch is decided first."""
        self.stop_reason = "stopped on request"
        self.waited_s = 0.0
        """Seconds that the run has waited so far."""

    @property
    def waiting_for(self) -> str:
        """Why the run waits; empty while it does not."""
        return "; ".join(self._reasons.values())

    def pause(self) -> None:
        """Let the run wait after its present batch, until `resume`."""
        self.hold("user", BY_USER)

    def resume(self) -> None:
        """Let a paused run go on; brakes stay."""
        self.release("user")

    def cancel(self) -> None:
        """Stop the run after its present batch, which is decided first; it is ``stopped`` and can be resumed."""
        self.stop.set()
        self._free.set()

    def hold(self, who: str, why: str) -> None:
        """Let the run wait until ``who`` releases it."""
        self._reasons[who] = why
        self._free.clear()

    def release(self, who: str) -> None:
        """Take back what ``who`` held; the run goes on when nobody else holds it."""
        self._reasons.pop(who, None)
        if not self._reasons:
            self._free.set()

    async def ready(self, told: Callable[[], None]) -> None:
        """Wait while the run is held; ``told`` is called once when that begins."""
        if self._free.is_set():
            return
        told()
        clock = asyncio.get_running_loop().time
        begun = clock()
        await self._free.wait()
        self.waited_s += clock() - begun
