"""Flow control of a streaming widget: ticks are numbered, and the browser acknowledges each of them."""

from __future__ import annotations

LIMIT = 2
"""Ticks that may be unacknowledged: one on its way and one being painted. More would queue in the server."""
SILENCE_S = 5.0
"""Running time without an acknowledgement after which a view counts as detached; also the interval of the pulse."""
STEP_LIMIT_S = 0.5
"""Most that one turn of the loop adds to the silence: a blocking cell is not a closed tab."""


class FlowControl:
    """Decides when the next tick may be sent. Does no I/O; each call is given the time (seconds, monotonic)."""

    def __init__(self) -> None:
        self.sent = 0
        """Number of the newest tick sent."""
        self.acknowledged = 0
        """Number of the newest tick acknowledged."""
        self.attached = False
        """Whether a browser is there and answers."""
        self._silence = 0.0
        self._turned = 0.0
        self._sent_at = 0.0

    @property
    def open(self) -> bool:
        """Whether the next tick may be sent."""
        return self.attached and self.sent - self.acknowledged < LIMIT

    def attach(self, now: float) -> None:
        """Register a view. Ticks sent before it count as acknowledged."""
        self.attached = True
        self.acknowledged = self.sent
        self._silence = 0.0
        self._turned = self._sent_at = now

    def turn(self, now: float) -> bool:
        """Count the time since the last turn as silence if an acknowledgement is due.

        Returns:
            Whether the view is still attached.
        """
        step = min(now - self._turned, STEP_LIMIT_S)
        self._turned = now
        self._silence = self._silence + step if self.sent > self.acknowledged else 0.0
        if self._silence >= SILENCE_S:
            self.attached = False
        return self.attached

    def pulse_due(self, now: float) -> bool:
        """Whether a tick is due although nothing is new: a browser takes long silence for a dead kernel."""
        return now - self._sent_at >= SILENCE_S

    def send(self, now: float) -> int:
        """Count a tick that is sent now, and return its number."""
        self.sent += 1
        self._sent_at = now
        return self.sent

    def acknowledge(self, number: int) -> bool:
        """Count an acknowledgement from any view.

        Returns:
            False when no such tick was sent, or it was acknowledged already.
        """
        if not self.acknowledged < number <= self.sent:
            return False
        self.acknowledged = number
        self._silence = 0.0
        return True
