"""The parts of a value in a binary format without schemas, and what such a format writes."""

from __future__ import annotations

import calendar
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from workbench.decoding.formats.value_writer import NotWritableError
from workbench.text import visible

_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?Z\Z", re.ASCII)


class Kind(Enum):
    """What an item is, where that decides how a new value in its place is written."""

    MAP = auto()
    ARRAY = auto()
    BYTES = auto()
    FLOAT = auto()
    FLOAT_32 = auto()
    TIME = auto()
    EXTENSION = auto()
    UUID = auto()
    WHOLE = auto()
    """A whole number of any size."""
    DECIMAL = auto()
    OTHER = auto()


@dataclass(frozen=True, slots=True)
class Item:
    """One value inside the bytes of another.

    Attributes:
        kind: What it is.
        begin: Where it begins, with the tags before it.
        body: Where it begins behind its tags.
        stop: Where it ends.
        parts: The items of an array; of a map key, value, key, value.
        endless: No number says how many parts there are; an end follows the last.
    """

    kind: Kind
    begin: int
    body: int
    stop: int
    parts: tuple[Item, ...] = ()
    endless: bool = False


class BinaryEncoding(ABC):
    """Finds the items of values, and writes new ones."""

    @abstractmethod
    def parse(self, value: bytes) -> Item:
        """Return the outermost item of a value that the compiled reader has read.

        Raises:
            NotWritableError: It is built so that no part of it can be replaced.
        """

    @abstractmethod
    def head(self, kind: Kind, count: int) -> bytes:
        """Write what stands before the parts of a map or an array."""

    @abstractmethod
    def text(self, text: str) -> bytes:
        """Write a text."""

    @abstractmethod
    def whole(self, number: int) -> bytes:
        """Write a whole number in as few bytes as possible.

        Raises:
            NotWritableError: The format has none of this size.
        """

    @abstractmethod
    def number(self, number: float, kind: Kind) -> bytes:
        """Write a number with a fraction."""

    @abstractmethod
    def constant(self, value: bool | None) -> bytes:  # noqa: FBT001 - one of three values
        """Write null, false or true."""

    @abstractmethod
    def special(self, value: bytes, item: Item, tree: object) -> bytes | None:
        """Write a value in the form of the item in whose place it comes; None where it is one as in JSON.

        Raises:
            NotWritableError: The item has a form that the value does not fit.
        """


def time_parts(text: str) -> tuple[int, int]:
    """Return the seconds since 1970 and the nanoseconds of a time as RFC 3339 writes it.

    Raises:
        NotWritableError: It is none.
    """
    found = _TIME.match(text)
    try:
        moment = datetime.fromisoformat(found[1]) if found else None
    except ValueError:
        moment = None
    if found is None or moment is None:
        raise NotWritableError(f"{visible(text, 40)} is no time like 2026-01-02T03:04:05.5Z, as what it replaces")
    return calendar.timegm(moment.timetuple()), int((found[2] or "").ljust(9, "0"))
