"""When a view may be sent something: ticks are numbered, and each needs an acknowledgement."""

from __future__ import annotations

LIMIT = 2
"""Ticks that may be unacknowledged."""
SILENCE_S = 5.0
"""Running time without an acknowledgement after which a view counts as detached; also the pulse."""
STEP_LIMIT_S = 0.5
"""Most that one turn of the loop adds to the silence: a blocking cell is not a closed tab."""


class FlowControl:
    """Counts what was sent and acknowledged; pure, its clock is given with each call (seconds, monotonic)."""

    def __init__(self) -> None:
        self.sent = 0
        self.acknowledged = 0
        self.attached = False
        self._silence = 0.0
        self._turned = 0.0
        self._sent_at = 0.0

    @property
    def open(self) -> bool:
        """Whether the next tick may go."""
        return self.attached and self.sent - self.acknowledged < LIMIT

    def attach(self, now: float) -> None:
        """A view says that it is there: it starts with a clean account."""
        self.attached = True
        self.acknowledged = self.sent
        self._silence = 0.0
        self._turned = self._sent_at = now

    def turn(self, now: float) -> bool:
        """Let time pass; False once nobody has answered for too long."""
        step = min(now - self._turned, STEP_LIMIT_S)
        self._turned = now
        self._silence = self._silence + step if self.sent > self.acknowledged else 0.0
        if self._silence >= SILENCE_S:
            self.attached = False
        return self.attached

    def pulse_due(self, now: float) -> bool:
        """Whether silence would look like trouble."""
        return now - self._sent_at >= SILENCE_S

    def send(self, now: float) -> int:
        """Take the number of the next tick."""
        self.sent += 1
        self._sent_at = now
        return self.sent

    def acknowledge(self, number: int) -> bool:
        """Note an answer from any view; False when no such tick was sent, or it was answered already."""
        if not self.acknowledged < number <= self.sent:
            return False
        self.acknowledged = number
        self._silence = 0.0
        return True
