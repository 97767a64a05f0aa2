"""ipywidgets may deliver messages on another thread. This hops back to the event loop that owns the widget."""

from __future__ import annotations

import asyncio
from typing import Any

import ipywidgets

from workbench.widgets.base.kernel_parent import keep_parent


class LoopBound:
    """Mixin that handles every message of the browser on the event loop in which the widget was created.

    JupyterLab sends comm messages to a kernel subshell as soon as the kernel has one (seen with ipykernel 7.4 and
    JupyterLab 4.6). A subshell is another thread with an event loop of its own. A task started there could not await
    the clients, queues and events of the cells, which belong to the main loop.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._owner_loop = _running_loop()
        keep_parent()
        super().__init__(*args, **options)

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        handle = super()._handle_msg  # type: ignore[misc]  # of ipywidgets, which ships no types
        # Without a loop of its own (plain Python) or after its end there is nowhere to hop to: handle it here.
        if self._owner_loop is None or self._owner_loop.is_closed() or self._owner_loop is _running_loop():
            handle(msg)
        else:
            self._owner_loop.call_soon_threadsafe(handle, msg)


class Button(LoopBound, ipywidgets.Button):  # type: ignore[misc]  # ipywidgets ships no types
    """A button whose click handler may start tasks."""


class TextInput(LoopBound, ipywidgets.Text):  # type: ignore[misc]  # ipywidgets ships no types
    """A line of text whose change handler may start tasks."""


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
