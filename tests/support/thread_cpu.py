"""CPU time of each thread of a process by its name, for measurements: Linux tells it in ``/proc``."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

_EVERY_S = 0.1


class ThreadCpu:
    """Measures until the end of its block; ``seconds`` is by name, ``other`` are threads that Python did not make.

    A thread that ends meanwhile counts up to the last look, so up to 100 ms of it are among the others.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._first: dict[int, float] = {}
        self._last: dict[int, tuple[str, float]] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_often, name="measuring", daemon=True)

    def __enter__(self) -> Self:
        self._look()
        self._first = {number: used for number, (_, used) in self._last.items()}
        self._begun = time.process_time()
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._ended.set()
        self._thread.join()
        self._look()
        whole = time.process_time() - self._begun
        found: dict[str, float] = defaultdict(float)
        for number, (name, used) in self._last.items():
            found[name] += used - self._first.get(number, 0.0)
        self.seconds = {**found, "other": whole - sum(found.values())}

    def _look_often(self) -> None:
        while not self._ended.wait(_EVERY_S):
            self._look()

    def _look(self) -> None:
        for thread in threading.enumerate():
            with suppress(OSError):  # it has just ended
                text = Path(f"/proc/self/task/{thread.native_id}/schedstat").read_text("ascii")
                self._last[thread.native_id or 0] = (thread.name.partition("_")[0], int(text.split()[0]) / 1e9)
