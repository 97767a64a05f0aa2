"""Handles an interrupt (Ctrl-C) where Python alone does not.

A library may turn the KeyboardInterrupt into an error of its own, or not return to the interpreter for minutes.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_AGAIN_S = 0.1


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


@contextmanager
def interrupt_calls(interrupt: Callable[[], None]) -> Iterator[None]:
    """Call a function from another thread when SIGINT arrives, until the block ends.

    DuckDB does not look for signals while it gathers a result, so the handler of Python would not run before its end.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    ended = threading.Event()

    def watch() -> None:
        # The number of the signal is written by the handler of the interpreter in C; nothing is read at the end.
        while (number := os.read(reading, 1)) and number[0] != signal.SIGINT:
            pass
        # Again and again: a query that begins after an interrupt knows nothing of it.
        while number and not ended.wait(_AGAIN_S):
            interrupt()

    thread = threading.Thread(target=watch, name="interrupts", daemon=True)
    thread.start()
    former = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(former)
        ended.set()
        os.close(writing)
        thread.join()
        os.close(reading)
