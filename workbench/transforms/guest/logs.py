"""Collects the lines that a guest writes to its standard output and error; old ones are dropped and counted."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["info", "warn"]

LINE_BYTES = 1024
"""Longest line; what follows is cut off, as a broker does."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a guest's log. Its text is the guest's: show it through `workbench.text.visible` only."""

    level: Level
    """``info`` for the standard output, ``warn`` for the standard error."""
    text: str
    topic: str
    partition: int
    offset: int | None
    """The record that was at work; None at the start, before the first one."""


class GuestLog:
    """Keeps the newest lines of one partition's guest."""

    def __init__(self, topic: str, partition: int, most_lines: int) -> None:
        self.lines: deque[LogLine] = deque(maxlen=most_lines)
        self.written = 0
        """Lines that the guest wrote."""
        self._topic = topic
        self._partition = partition
        self._unfinished: dict[Level, bytearray] = {}

    @property
    def dropped(self) -> int:
        """Lines that were written and are not kept."""
        return self.written - len(self.lines)

    def write(self, level: Level, data: bytes, offset: int | None) -> None:
        """Add bytes; a line is added when its end is written."""
        *whole, rest = data.split(b"\n")
        waiting = self._unfinished.setdefault(level, bytearray())
        for part in whole:
            waiting += part[: LINE_BYTES - len(waiting)]
            self._add(level, bytes(waiting), offset)
            waiting.clear()
        waiting += rest[: LINE_BYTES - len(waiting)]

    def flush(self, offset: int | None) -> None:
        """Add the lines whose end was not written."""
        for level, waiting in self._unfinished.items():
            if waiting:
                self._add(level, bytes(waiting), offset)
                waiting.clear()

    def _add(self, level: Level, line: bytes, offset: int | None) -> None:
        self.written += 1
        text = line.removesuffix(b"\r").decode("utf-8", "replace")
        self.lines.append(LogLine(level, text, self._topic, self._partition, offset))
