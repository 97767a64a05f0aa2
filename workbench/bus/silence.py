"""Says when the cluster owes an answer for so long that nobody knows what is written there meanwhile."""

from __future__ import annotations

from workbench.text import duration_text

SILENT_S = 3.0
"""A broker without new records answers after half a second; a busy one may take a little longer."""


def is_silent(unanswered_s: float) -> bool:
    """Tell whether the end of the log is unknown, because the cluster did not answer for ``SILENT_S``."""
    return unanswered_s >= SILENT_S


def silence_text(unanswered_s: float) -> str:
    """Say that the cluster does not answer, and what that means for the reader."""
    since = duration_text(int(unanswered_s), "s")
    return f"no answer from the cluster for {since}: new records are not seen until it answers"


class Silence:
    """Turns the state of a reader into remarks: one when the cluster falls silent, one when it answers again."""

    def __init__(self) -> None:
        self._longest_s = 0.0

    def remark(self, unanswered_s: float) -> str:
        """Return what is new, or an empty text; called after each read with its `Reader.unanswered_s`."""
        if is_silent(unanswered_s):
            begins, self._longest_s = not self._longest_s, unanswered_s
            return silence_text(unanswered_s) if begins else ""
        if not self._longest_s:
            return ""
        since, self._longest_s = duration_text(int(self._longest_s), "s"), 0.0
        return f"the cluster answers again, after {since}"
