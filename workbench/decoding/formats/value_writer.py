"""What writes values of one schema or format, and the finding that a value cannot be written."""

from __future__ import annotations

from typing import Any, Protocol


class ValueWriter(Protocol):
    """Writes values of one schema or format."""

    def written(self, body: bytes, before: Any, after: Any) -> bytes:
        """Return the bytes of a value that was changed; see `AvroWriter`, `ProtobufWriter` and `BinaryWriter`."""
        ...


class NotWritableError(ValueError):
    """A value cannot be written by its schema or format so that nothing else changes in it; the text says why.

    Args:
        reason: What is wrong with the part.
        path: Where the part is, from the outermost name on.
    """

    def __init__(self, reason: str, path: tuple[str, ...] = ()) -> None:
        super().__init__(f"{'.'.join(path)}: {reason}" if path else reason)
        self.reason = reason
        self.path = path

    def below(self, name: str) -> NotWritableError:
        """Return the same finding, seen from the part that holds the part."""
        return NotWritableError(self.reason, (name, *self.path))
