"""Mends ipykernel 7.4: a message of a view that arrives between two cells left the second one marked as running."""

from __future__ import annotations

import sys
from collections import deque
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

RECENT_REQUESTS = 64
"""Executed requests that are remembered: a request that comes again is one of the newest."""


def keep_parent() -> None:
    """Mend the kernel of this process, once; does nothing where there is none."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    kernel = getattr(shell, "kernel", None)
    if kernel is not None and not isinstance(vars(kernel).get("set_parent"), _KeepParent):
        kernel.set_parent = _KeepParent(kernel)


class _KeepParent:
    """Replaces ``Kernel.set_parent``, which says to which request outputs and the status of the kernel belong.

    Since version 7.4 a kernel handles a comm message while a cell runs. It notes the request of the cell before, and
    sets it again after. When the cell ended meanwhile and the next one began, the outputs of the next one, and the
    status "idle" after it, went to the former request. JupyterLab then waits for the end of that cell for ever.

    Args:
        kernel: The kernel, whose own method does the work.
    """

    def __init__(self, kernel: Any) -> None:
        self._set_parent: Callable[..., None] = kernel.set_parent
        self._get_parent: Callable[[str], Any] = kernel.get_parent
        self._ident: Any = b""
        self._recent: deque[str] = deque(maxlen=RECENT_REQUESTS)

    def __call__(self, ident: Any, parent: Any, channel: str = "shell") -> None:
        request = _executed(parent)
        if channel == "shell" and request:
            present = self._get_parent("shell")
            if request not in self._recent:
                self._recent.append(request)
                self._ident = ident
            elif _executed(present) not in ("", request):
                # Set again after its end: the present one stays.
                ident, parent = self._ident, present
        self._set_parent(ident, parent, channel)


def _executed(parent: Any) -> str:
    """The id of a request that executes a cell; empty for other messages."""
    header = parent.get("header", {}) if isinstance(parent, dict) else {}
    return str(header.get("msg_id", "")) if header.get("msg_type") == "execute_request" else ""
