"""Ends the process of a command without taking the interpreter apart, which was a fifth of a short command."""

from __future__ import annotations

import atexit
import os
import sys
import threading


def end_at_once(code: object) -> None:
    """End the process with an exit code, once what was registered for its end has run and its output is written.

    It returns where Python's own end has something to do: it waits for threads, prints a code that is a text, tells of
    output that nobody takes, and lets a profiler write its results.
    """
    if not isinstance(code, int) or threading.active_count() > 1 or sys.getprofile() or sys.gettrace():
        return
    atexit._run_exitfuncs()  # noqa: SLF001 - as Python itself does; there is no public way
    try:
        for stream in filter(None, (sys.stdout, sys.stderr)):
            stream.flush()
    except (OSError, ValueError):
        return
    os._exit(code)
