"""Widgets that send updates on their own: at most one numbered tick every 100 ms, and none while no browser answers."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from workbench.widgets.base.flow_control import FlowControl
from workbench.widgets.base.model import Widget

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from workbench.widgets.base.messages import Message

TICK_S = 0.1
"""Least time between two ticks: ten updates a second look live, and the cost does not grow with the event rate."""

CLOSED = "closed, because the cluster was closed; it shows what was there last"

Tick: TypeAlias = "tuple[dict[str, Any], Sequence[bytes]]"
"""Content of a tick without its number, and its buffers."""


class TickSource(Protocol):
    """Makes the ticks of a widget."""

    def __call__(self, *, forced: bool) -> Tick | None:
        """Make the next tick; None when nothing is new and ``forced`` is off."""
        ...


class Streaming(Widget):
    """A widget that sends ticks while a browser shows it and acknowledges them.

    Args:
        tick: Makes the next tick; called at most ten times a second.
        on_attached: Called when a browser shows the widget for the first time or again.
        on_detached: Called once no browser has answered for five seconds.
        options: Traits, and the options of `Widget`.
    """

    final = False
    """Whether what is shown would not change any more in any case: then nobody is told that the view was closed."""

    _rest_s = TICK_S
    """Least time to the next tick; a widget whose ticks cost the browser much sets it to more."""
    _due = True
    _ended = False
    _sending = False
    _pump_task: asyncio.Task[Any] | None = None

    def __init__(
        self,
        *,
        tick: TickSource,
        on_attached: Callable[[], None] | None = None,
        on_detached: Callable[[], None] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self._tick = tick
        self._on_attached = on_attached
        self._on_detached = on_detached
        self._flow = FlowControl()
        self._view_returned = asyncio.Event()

    def push(self) -> None:
        """Send a tick at the next turn, even if nothing else is new."""
        self._due = True
        # Nothing turns any more once the owner has ended its tasks.
        if self._ended and self._ready and not self._sending:
            self._send_state()

    def on_ready(self, message: Message) -> None:
        """Start or resume sending, with the present state: ticks that were missed are not repeated."""
        super().on_ready(message)
        self._flow.attach(time.monotonic())
        self._view_returned.set()
        if self._pump_task is None and self.supervisor.closed:
            self._ended = True
        if self._ended:
            self._send_state()
            return
        self.push()
        if self._on_attached is not None:
            self._on_attached()
        if self._pump_task is None or self._pump_task.done():
            self._pump_task = self.supervisor.spawn(f"{type(self).__name__} {self.still_id} pump", self._pump())

    def on_ack(self, message: Message) -> None:
        """Note that a browser received a tick. A late acknowledgement counts as the return of a browser."""
        number = message.number("number")
        if self._ended:
            return
        if not self._flow.attached and number <= self._flow.sent:
            self.on_ready(message)
        else:
            self._flow.acknowledge(number)

    def _removed_by(self, call: Callable[[], None] | None) -> None:
        super()._removed_by(call)
        # A tick, which other views acknowledge.
        if not self._ended:
            self.push()

    def close(self) -> None:
        """Close the widget and end its task."""
        if self._pump_task is not None:
            self._pump_task.cancel()
        super().close()

    async def _pump(self) -> None:
        try:
            while True:
                await self._turn()
                await asyncio.sleep(self._rest_s)
        except asyncio.CancelledError:
            self._ended = True
            if self.comm is not None:
                self._send_state()
            raise
        except Exception as error:
            self.fail(error)
            self.post({"kind": "closed", "message": "ended by the failure below"})
            raise

    async def _turn(self) -> None:
        if not self._flow.turn(time.monotonic()):
            # Wait for `ready` without sending: Jupyter Server keeps messages for a closed tab in memory (it grew by
            # 125 MB in 25 s at 5 MB/s), and it never culls a kernel that keeps publishing.
            self._view_returned.clear()
            if self._on_detached is not None:
                self._on_detached()
            await self._view_returned.wait()
            return
        if not self._flow.open:
            return
        made = self._tick(forced=self._due)
        news = made is not None
        if made is None and self._flow.pulse_due(time.monotonic()):
            made = self._tick(forced=True)
        if made is not None:
            self._due = False
            content, buffers = made
            self.post({"kind": "tick", "number": self._flow.send(time.monotonic()), **content}, buffers)
        if news:
            self.still.update()

    def _send_state(self) -> None:
        """Send what is shown now, and that nothing will follow: the owner has ended its tasks."""
        self._sending = True
        try:
            if self._on_attached is not None:
                self._on_attached()
            made = self._tick(forced=True)
        finally:
            self._sending = False
        if made is not None:
            content, buffers = made
            self.post({"kind": "tick", "number": self._flow.send(time.monotonic()), **content}, buffers)
        self.post({"kind": "closed", "message": CLOSED, "final": self.final})
        self.still.update(now=True)
