"""Widgets that send by themselves: one numbered tick at most every tenth of a second, and none when nobody looks."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, TypeAlias

from workbench.widgets.base.flow_control import FlowControl
from workbench.widgets.base.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.widgets.base.messages import Message

TICK_S = 0.1
"""Least time between two ticks."""

Tick: TypeAlias = "tuple[dict[str, Any], Sequence[bytes]]"


class Streaming(Widget):
    """A view with a pulse, credit, and an end.

    A subclass says what a tick holds in `tick`, and may react to `attached` and `detached`.
    """

    _due = True
    _pump_task: asyncio.Task[Any] | None = None

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._credit = FlowControl()
        self._someone = asyncio.Event()

    @property
    def is_attached(self) -> bool:
        """Whether a browser shows it and answers."""
        return self._credit.attached

    def tick(self, *, forced: bool) -> Tick | None:
        """What to send now: content without its number, and buffers; None when nothing is new and not forced."""
        raise NotImplementedError

    def attached(self) -> None:
        """A first or returned view is there."""

    def detached(self) -> None:
        """Nobody looks any more."""

    def push(self) -> None:
        """Send a tick at the next turn, even if nothing else is new."""
        self._due = True

    def on_ready(self, message: Message) -> None:
        """A view is there: start or resume, with the present."""
        super().on_ready(message)
        self._credit.attach(time.monotonic())
        self._someone.set()
        self.push()
        self.attached()
        if self._pump_task is None or self._pump_task.done():
            self._pump_task = self.supervisor.spawn(f"{type(self).__name__} {self.model_id} pump", self._pump())

    def on_ack(self, message: Message) -> None:
        """A view has received a tick; late is as good as a return."""
        number = message.number("number")
        if not self._credit.attached and number <= self._credit.sent:
            self.on_ready(message)
        else:
            self._credit.acknowledge(number)

    def close(self) -> None:
        """End the view and its task."""
        if self._pump_task is not None:
            self._pump_task.cancel()
        super().close()

    async def _pump(self) -> None:
        try:
            while True:
                await self._turn()
                await asyncio.sleep(TICK_S)
        except asyncio.CancelledError:
            self._send_last("closed: its owner ended it")
            raise
        except Exception as error:
            self.fail(error)
            self._send_last("ended by the failure below")
            raise

    async def _turn(self) -> None:
        if not self._credit.turn(time.monotonic()):
            self._someone.clear()
            self.detached()
            await self._someone.wait()
            return
        if not self._credit.open:
            return
        forced = self._due or self._credit.pulse_due(time.monotonic())
        made = self.tick(forced=forced)
        if made is not None:
            self._due = False
            content, buffers = made
            self.post({"kind": "tick", "number": self._credit.send(time.monotonic()), **content}, buffers)

    def _send_last(self, why: str) -> None:
        if self.comm is not None:
            self.post({"kind": "closed", "message": why})
