"""Remembers an interrupt (Ctrl-C), because a library may turn the KeyboardInterrupt into an error of its own."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


@contextmanager
def interrupts() -> Iterator[Callable[[], bool]]:
    """Return a context manager that gives a function, which tells whether SIGINT has arrived in the meantime."""
    arrived = threading.Event()
    former = signal.getsignal(signal.SIGINT)
    # Only the main thread receives signals; an ignored SIGINT (a background job of a shell) stays ignored.
    if threading.current_thread() is not threading.main_thread() or not callable(former):
        yield arrived.is_set
        return

    def remember(number: int, frame: FrameType | None) -> None:
        arrived.set()
        former(number, frame)

    signal.signal(signal.SIGINT, remember)
    try:
        yield arrived.is_set
    finally:
        signal.signal(signal.SIGINT, former)
