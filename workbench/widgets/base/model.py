"""Base class of the widgets' Python models: messages wait for a browser, and failures are shown under the view."""

from __future__ import annotations

import asyncio
import logging
from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import anywidget
import traitlets

from workbench.errors import ValidationError, WorkbenchError
from workbench.tasks import Supervisor
from workbench.text import visible
from workbench.widgets.base.loop_bound import LoopBound
from workbench.widgets.base.messages import Message
from workbench.widgets.base.still import Still, WithStill

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from workbench.text import StaticView

log = logging.getLogger(__name__)

QUEUE_LIMIT = 64
"""Messages kept until a browser says that it is ready: a message sent before its view exists is lost without a trace.

More are dropped, and counted."""
REQUEST_LIMIT = 16
"""Requests of browsers that are answered at the same time; further ones are refused."""
GRACE_S = 3.0
"""Time after a view was removed in which another view of the widget may answer: a cell that is moved shows it anew."""
GRACE_TURNS = 30
LEAVING = ("gone", "deleted")
"""Messages of a view that was removed: its output was cleared, or its cell was deleted."""


class Widget(WithStill, LoopBound, anywidget.AnyWidget):
    """Base class of the Python models of the widgets.

    A subclass handles messages in methods named ``on_KIND``. Such a method answers at once from memory, or starts a
    task with `serve`. An error in either is shown under the view, with the name of the widget.

    Args:
        supervisor: Owner of the tasks; a new one if left out.
        on_removed: Called when the last view was removed from its notebook: its cell was deleted or its output cleared.
        on_deleted: Called instead when its cell was deleted. Running the cell again only clears its output.
        traits: Values of the traits. An unknown name raises ``TypeError``.
    """

    name = traitlets.Unicode("").tag(sync=True)
    """Title of the view and its accessible name."""
    still_id = traitlets.Unicode().tag(sync=True)
    """Names the pictures of this view in saved outputs; see `workbench.widgets.base.still`."""

    def __init__(
        self,
        *,
        supervisor: Supervisor | None = None,
        on_removed: Callable[[], None] | None = None,
        on_deleted: Callable[[], None] | None = None,
        **traits: Any,
    ) -> None:
        unknown = [key for key in traits if not self.has_trait(key)]
        if unknown:
            known = ", ".join(sorted(name for name in type(self).class_own_traits() if not name.startswith("_")))
            raise TypeError(f"{type(self).__name__} has no option {unknown[0]!r}; it has {known}. Check the spelling.")
        # The metaclass of traitlets does not look for abstract methods, so that a missing one would show much later.
        if getattr(self.snapshot, "__isabstractmethod__", False):
            raise TypeError(f"{type(self).__name__} cannot be made: it does not define snapshot().")
        super().__init__(still_id=uuid4().hex[:12], **traits)
        self.still = Still(self.still_id, self.snapshot)
        self.supervisor = supervisor if supervisor is not None else Supervisor()
        self.supervisor.call_at_close(self._picture_end)
        self._own: Supervisor | None = None
        self.failure = ""
        self._ready = False
        self._queue: deque[tuple[dict[str, Any], Sequence[bytes]]] = deque(maxlen=QUEUE_LIMIT)
        self._queue_dropped = 0
        self._serving: set[str] = set()
        self._served = 0
        self._on_removed = on_removed
        self._on_deleted = on_deleted or on_removed
        self._heard = 0
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        """Return the class and the name: ipywidgets would print every trait, which costs time and shows payloads."""
        return f"<{type(self).__name__} {visible(self.name, 60)}>"

    @abstractmethod
    def snapshot(self) -> StaticView:
        """Return what is shown now as static HTML and text; it outlives the kernel."""

    def _picture_end(self) -> None:
        # Without a browser nothing else asks for a picture of what the view shows at its end.
        try:
            self.still.update(now=True)
        except Exception as error:
            log.exception("The last picture of %s was not taken: %s", type(self).__name__, type(error).__name__)

    def post(self, content: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        """Send a custom message, or queue it until a browser says that it is ready."""
        if self._ready:
            self.send(content, list(buffers))
            return
        self._queue_dropped += len(self._queue) == QUEUE_LIMIT
        self._queue.append((content, buffers))

    def fail(self, error: BaseException, *, request: str = "") -> None:
        """Show an error under the view and log its type."""
        known = isinstance(error, WorkbenchError)
        text = visible(str(error) if known else f"{type(error).__name__}: {error}", 1_000)
        self.failure = f"{type(self).__name__}: {text}"
        log.warning("%s: %s", type(self).__name__, type(error).__name__)
        self.post({"kind": "failed", "request": request, "message": self.failure})

    def serve(self, what: str, work: Coroutine[Any, Any, Any], *, request: str = "") -> None:
        """Run ``work`` as a task of the supervisor. Its failure is shown, and sent as the answer to ``request``.

        After its owner was closed the widget has a supervisor of its own: what it holds in memory still answers.
        """
        if self.supervisor.closed and self._own is None:
            self._own = Supervisor()
        if len(self._serving) >= REQUEST_LIMIT:
            work.close()
            message = f"{what} was not done: {REQUEST_LIMIT} requests are being answered already."
            raise ValidationError(message, errors=[("request", message, "str")])
        self._served += 1
        name = f"{type(self).__name__} {self.still_id} {what} {self._served}"
        self._serving.add(name)
        try:
            (self._own or self.supervisor).spawn(name, self._guarded(name, work, request))
        except BaseException:
            # The supervisor is closed: the task never starts, so its `finally` cannot free the place.
            self._serving.discard(name)
            raise

    def give_up(self) -> None:
        """Cancel the tasks that `serve` started, but for the one that calls this."""
        caller = asyncio.current_task()
        for name in tuple(self._serving):
            if caller is None or caller.get_name() != name:
                (self._own or self.supervisor).cancel(name)

    async def _guarded(self, name: str, work: Coroutine[Any, Any, Any], request: str) -> None:
        try:
            await work
        except asyncio.CancelledError:
            raise
        except ValidationError as error:
            self.fail(error, request=request)
        except Exception as error:
            self.fail(error, request=request)
            raise
        finally:
            # A task cancelled before its first step never awaited the coroutine, which would warn when collected.
            work.close()
            self._serving.discard(name)

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        request = content.get("request", "") if isinstance(content, dict) else ""
        try:
            message = Message(content)
            kind = message.choice("kind", self.kinds)
            self._heard += kind not in LEAVING
            getattr(self, f"on_{kind}")(message)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is shown under the view
            self.fail(error, request=request if isinstance(request, str) else "")

    kinds: tuple[str, ...] = ("ready", "ack", "hidden", *LEAVING)
    """Kinds of messages that the browser may send; each has a method ``on_KIND``."""

    def on_ready(self, _message: Message) -> None:
        """Note that a browser shows the widget, and send the queued messages."""
        self._ready = True
        if self._queue_dropped:
            text = f"{self._queue_dropped} earlier messages were dropped before a view was there."
            self.send({"kind": "failed", "request": "", "message": text})
            self._queue_dropped = 0
        while self._queue:
            content, buffers = self._queue.popleft()
            self.send(content, list(buffers))

    def on_ack(self, _message: Message) -> None:
        """Ignore the acknowledgement of a tick; streaming widgets count it."""

    def on_hidden(self, _message: Message) -> None:
        """Take a picture: the page with the view is hidden now."""
        self.still.leave()

    def on_gone(self, _message: Message) -> None:
        """Note that the output of a view was cleared; without another view the work for it ends."""
        self._removed_by(self._on_removed)

    def on_deleted(self, _message: Message) -> None:
        """Note that the cell of a view was deleted; without another view the work for it ends."""
        self._removed_by(self._on_deleted)

    def _removed_by(self, call: Callable[[], None] | None) -> None:
        if call is not None and not self.supervisor.closed:
            self.serve("removal", self._end_without_view(call, self._heard))

    async def _end_without_view(self, call: Callable[[], None], heard: int) -> None:
        # In short turns: a cell that blocks the loop also holds back the answers of other views.
        for _ in range(GRACE_TURNS):
            await asyncio.sleep(GRACE_S / GRACE_TURNS)
        if self._heard == heard:
            call()
