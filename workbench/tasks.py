"""Supervises background tasks: each has a name and an owner, and is cancelled when the owner closes.

Work in threads is cancelled too: `in_thread` tells it to stop, and long loops call `check_stopped`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import weakref
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

T = TypeVar("T")

log = logging.getLogger(__name__)
_stop: ContextVar[threading.Event | None] = ContextVar("workbench_stop", default=None)
"""Set when the work of the present thread is to stop."""


class Stopped(BaseException):
    """Work in a thread ends here, because its caller was cancelled."""


def check_stopped() -> None:
    """Return, unless the work of this thread is to stop.

    Raises:
        Stopped: The task that waits for it was cancelled.
    """
    stop = _stop.get()
    if stop is not None and stop.is_set():
        raise Stopped


async def in_thread(work: Callable[[], T]) -> T:
    """Return the result of work in a thread. Cancelled, it stops the work at its next step and waits for that."""
    stop = threading.Event()
    former = _stop.set(stop)
    # The thread gets a copy of the context, and so the event.
    task = asyncio.ensure_future(asyncio.to_thread(work))
    _stop.reset(former)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait([task])
        if not task.cancelled():
            task.exception()  # it is looked at, so that nobody is told that it was not
        raise


@dataclass(frozen=True, slots=True)
class Failure:
    """A background task that ended with an exception."""

    name: str
    error: BaseException


class Supervisor:
    """Runs asyncio tasks by name; each failure is kept, logged and passed to a listener.

    Starting a name again first cancels and awaits the earlier task of that name, so a cell can be run twice.
    """

    def __init__(self, on_failure: Callable[[Failure], None] | None = None) -> None:
        self._tasks: dict[str, asyncio.Task[Any]] = {}
        self._failures: list[Failure] = []
        self._on_failure = on_failure
        self._at_close: list[weakref.WeakMethod[Callable[[], None]]] = []
        self._closed = False

    @property
    def running(self) -> tuple[str, ...]:
        """Names of tasks that have not ended, sorted."""
        return tuple(sorted(name for name, task in self._tasks.items() if not task.done()))

    @property
    def closed(self) -> bool:
        """Whether it was closed; it starts no task any more."""
        return self._closed

    @property
    def failures(self) -> tuple[Failure, ...]:
        """Failures so far, oldest first."""
        return tuple(self._failures)

    async def start(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run ``work`` under ``name``, replacing an earlier task of that name."""
        if self._closed:
            work.close()
            raise RuntimeError(f"The supervisor is closed; {name} was not started.")
        await self.stop(name)
        return self.spawn(name, work)

    def spawn(self, name: str, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Start ``work`` from code that cannot await, such as a widget callback. The name must not be in use."""
        current = self._tasks.get(name)
        if self._closed or (current is not None and not current.done()):
            work.close()
            raise RuntimeError(f"{name} is already running, or its owner is closed; stop it first.")
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks[name] = task
        task.add_done_callback(self._ended)
        return task

    def cancel(self, name: str) -> None:
        """Cancel the task of this name from code that cannot await its end; an unknown name is ignored."""
        task = self._tasks.get(name)
        if task is not None:
            task.cancel()

    async def stop(self, name: str) -> None:
        """Cancel the task of this name and wait for its end; an unknown name is ignored."""
        task = self._tasks.pop(name, None)
        if task is not None and not task.done():
            task.cancel()
            await asyncio.wait([task])

    def call_at_close(self, method: Callable[[], None]) -> None:
        """Call a bound method when this is closed, after all tasks have ended; its object is held weakly."""
        self._at_close = [known for known in self._at_close if known() is not None]
        self._at_close.append(weakref.WeakMethod(method))

    async def aclose(self) -> None:
        """Cancel and await all tasks; no task can be started afterwards."""
        self._closed = True
        pending = [task for task in self._tasks.values() if not task.done()]
        for task in pending:
            task.cancel()
        if pending:
            await asyncio.wait(pending)
        self._tasks.clear()
        waiting, self._at_close = self._at_close, []
        for known in waiting:
            method = known()
            if method is not None:
                method()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        if self._tasks.get(task.get_name()) is task:
            del self._tasks[task.get_name()]
        if task.cancelled() or (error := task.exception()) is None:
            return
        failure = Failure(task.get_name(), error)
        self._failures.append(failure)
        log.error("%s failed: %s", failure.name, type(error).__name__)
        if self._on_failure is not None:
            self._on_failure(failure)
