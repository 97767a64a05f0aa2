"""What every widget of ours does: a short repr, messages that wait for the browser, failures that are seen."""

from __future__ import annotations

import asyncio
import logging
import re
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from workbench.errors import ValidationError, WorkbenchError
from workbench.tasks import Supervisor
from workbench.text import visible
from workbench.widgets.base.home import AtHome
from workbench.widgets.base.messages import Message

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

log = logging.getLogger(__name__)

_COLOURS = Path(__file__).with_name("theme.css")
QUEUE_LIMIT = 64
"""Messages kept until a browser says that it is ready; more are dropped, and counted."""
REQUEST_LIMIT = 16
"""Requests of browsers that are answered at the same time."""

_IMPORT = re.compile(r'^import \{[^}]*\} from "(\.{1,2}/[\w./]+\.mjs)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:const|function|class) )", re.MULTILINE)


def module_text(view: Path) -> str:
    """Join a widget's ES module and the modules it imports to one text: a widget is loaded without a server.

    Args:
        view: The module that exports ``render``; its imports are relative paths.
    """
    parts: dict[Path, str] = {}

    def gather(file: Path) -> None:
        if file not in parts:
            text = file.read_text("utf-8")
            for imported in _IMPORT.findall(text):
                gather((file.parent / imported).resolve())
            parts[file] = _IMPORT.sub("", text)

    gather(view.resolve())
    last = view.resolve()
    return "\n".join(_EXPORT.sub("", text) if file != last else text for file, text in parts.items())


def style_text(*sheets: Path) -> str:
    """Join the style sheets of a widget behind the one that holds the colours."""
    return "\n".join(sheet.read_text("utf-8") for sheet in (_COLOURS, *sheets))


class Widget(AtHome, anywidget.AnyWidget):
    """Base of our own views.

    A subclass answers messages in methods named ``on_KIND``; such a method schedules work with `serve`, or answers at
    once from memory. Errors of both end under the view, with the widget's name.
    """

    name = traitlets.Unicode("").tag(sync=True)
    """What the view shows; its accessible name."""

    def __init__(self, *, supervisor: Supervisor | None = None, **traits: Any) -> None:
        unknown = [key for key in traits if not self.has_trait(key)]
        if unknown:
            known = ", ".join(sorted(name for name in type(self).class_own_traits() if not name.startswith("_")))
            raise TypeError(f"{type(self).__name__} has no option {unknown[0]!r}; it has {known}. Check the spelling.")
        super().__init__(**traits)
        self.supervisor = supervisor if supervisor is not None else Supervisor()
        self.failure = ""
        self._ready = False
        self._queue: deque[tuple[dict[str, Any], Sequence[bytes]]] = deque(maxlen=QUEUE_LIMIT)
        self._queue_dropped = 0
        self._serving: set[str] = set()
        self._served = 0
        self.on_msg(self._receive)

    def __repr__(self) -> str:
        """Name the widget and what it shows; never an event, never a secret."""
        return f"<{type(self).__name__} {visible(self.name, 60)}>"

    def post(self, content: dict[str, Any], buffers: Sequence[bytes] = ()) -> None:
        """Send a message, or keep it until a browser is there."""
        if self._ready:
            self.send(content, list(buffers))
            return
        self._queue_dropped += len(self._queue) == QUEUE_LIMIT
        self._queue.append((content, buffers))

    def fail(self, error: BaseException, *, request: str = "") -> None:
        """Show a failure under the view."""
        known = isinstance(error, WorkbenchError)
        text = visible(str(error) if known else f"{type(error).__name__}: {error}", 1_000)
        self.failure = f"{type(self).__name__}: {text}"
        log.warning("%s: %s", type(self).__name__, type(error).__name__)
        self.post({"kind": "failed", "request": request, "message": self.failure})

    def serve(self, what: str, work: Coroutine[Any, Any, Any], *, request: str = "") -> None:
        """Run ``work`` as a task of the supervisor; a failure is shown and answered."""
        if len(self._serving) >= REQUEST_LIMIT:
            work.close()
            message = f"{what} was not done: {REQUEST_LIMIT} requests are being answered already."
            raise ValidationError(message, errors=[("request", message, "str")])
        self._served += 1
        name = f"{type(self).__name__} {self.model_id} {what} {self._served}"
        self._serving.add(name)
        try:
            self.supervisor.spawn(name, self._guarded(name, work, request))
        except BaseException:
            self._serving.discard(name)
            raise

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
            work.close()
            self._serving.discard(name)

    def _receive(self, _widget: object, content: object, _buffers: object) -> None:
        request = content.get("request", "") if isinstance(content, dict) else ""
        try:
            message = Message(content)
            getattr(self, f"on_{message.choice('kind', self.kinds)}")(message)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises is shown under the view
            self.fail(error, request=request if isinstance(request, str) else "")

    kinds: tuple[str, ...] = ("ready", "ack")
    """Messages that this widget takes."""

    def on_ready(self, _message: Message) -> None:
        """Note that a view exists, and release what was kept for it."""
        self._ready = True
        if self._queue_dropped:
            text = f"{self._queue_dropped} earlier messages were dropped before a view was there."
            self.send({"kind": "failed", "request": "", "message": text})
            self._queue_dropped = 0
        while self._queue:
            content, buffers = self._queue.popleft()
            self.send(content, list(buffers))

    def on_ack(self, _message: Message) -> None:
        """Answers to ticks matter to streaming widgets only."""
