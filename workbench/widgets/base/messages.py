"""Checks of the messages that a browser sends: a message is input like any other, and is read field by field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from workbench.errors import ValidationError

SelectMode: TypeAlias = Literal["replace", "toggle", "extend"]

REQUEST_ID_LIMIT = 64
TEXT_LIMIT = 4_000
LARGEST = 2**53
"""Largest integer that JavaScript holds exactly."""


class Message:
    """Content of a custom message. A field of another type or size raises ``ValidationError`` with its name."""

    def __init__(self, content: object) -> None:
        if not isinstance(content, Mapping):
            raise _refused("content", "an object", content)
        self._content: Mapping[str, Any] = content
        self.kind = self.text("kind", limit=32)

    def text(self, name: str, *, limit: int = TEXT_LIMIT) -> str:
        """Return a text of at most ``limit`` characters."""
        value = self._content.get(name)
        if not isinstance(value, str) or len(value) > limit:
            raise _refused(name, f"text of at most {limit} characters", value)
        return value

    def number(self, name: str) -> int:
        """Return an integer from 0 that JavaScript can hold exactly."""
        value = self._content.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST:
            raise _refused(name, "a number from 0", value)
        return value

    def bounds(self) -> tuple[int, int]:
        """Return the range ``[start, end)``."""
        start, end = self.number("start"), self.number("end")
        if end < start:
            raise _refused("end", "at least the start", end)
        return start, end

    def texts(self, name: str, limit: int) -> list[str]:
        """Return a list of at most ``limit`` texts."""
        value = self._content.get(name)
        if not isinstance(value, list) or len(value) > limit or not all(isinstance(one, str) for one in value):
            raise _refused(name, f"a list of at most {limit} texts", value)
        return value

    def choice(self, name: str, allowed: tuple[str, ...]) -> str:
        """Return a text that is one of ``allowed``."""
        value = self._content.get(name)
        if value not in allowed:
            raise _refused(name, " or ".join(allowed), value)
        return str(value)

    @property
    def request(self) -> str:
        """Id of the request; the answer repeats it."""
        return self.text("request", limit=REQUEST_ID_LIMIT)


def _refused(name: str, expected: str, value: object) -> ValidationError:
    kind = type(value).__name__
    message = f"A message from the browser was refused: {name} is not {expected}."
    return ValidationError(message, errors=[(name, expected, kind)])
