"""Widgets hear the browser on the loop where they were made, wherever the front end delivers its messages."""

from __future__ import annotations

import asyncio
from typing import Any

import ipywidgets


class AtHome:
    """Mixin that carries each message of a browser to the loop of the cells.

    JupyterLab delivers comm messages over a kernel subshell once it has one: another thread, another loop. Tasks
    started there would not meet the clients and events of the cells. Seen with ipykernel 7.4 and JupyterLab 4.6.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._home = _running_loop()
        super().__init__(*args, **options)

    def _handle_msg(self, msg: dict[str, Any]) -> None:
        handle = super()._handle_msg  # type: ignore[misc]  # of ipywidgets, which ships no types
        if self._home is None or self._home.is_closed() or self._home is _running_loop():
            handle(msg)
        else:
            self._home.call_soon_threadsafe(handle, msg)


class Button(AtHome, ipywidgets.Button):  # type: ignore[misc]  # ipywidgets ships no types
    """A button whose click may start tasks."""


class Entry(AtHome, ipywidgets.Text):  # type: ignore[misc]  # ipywidgets ships no types
    """A line of text whose change may start tasks."""


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
