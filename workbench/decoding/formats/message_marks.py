"""Which message of a Protobuf schema stands behind a frame, where the serialiser says so before the message.

| serialiser | between frame and message |
|---|---|
| Confluent, Redpanda | the path to the message as numbers; the compiled reader reads it |
| Apicurio | a length, and a message of its own whose field 1 is the name of the message |
| AWS Glue | a number: the place of the message among all of the file, sorted by their full names |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.decoding.formats.schema_error import SchemaError
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto

    from workbench.decoding.native.value_reader import ValueReader

MARK_HEAD_BYTES = 3
"""Bytes of Apicurio's mark before the name: its length, the tag of field 1, the length of the name."""
MARK_TAG = 0x0A
_LONGEST_NAME = 125
"""Longer ones would need another byte for each length; no message has such a name."""
_NUMBER_BYTES = 4


def name_mark(value: bytes, at: int) -> bytes:
    """Return the mark with which Apicurio's serialisers name the message; empty where there is none."""
    head = value[at : at + MARK_HEAD_BYTES]
    if len(head) < MARK_HEAD_BYTES or head[1] != MARK_TAG or head[0] != head[2] + 2 or head[2] > _LONGEST_NAME:
        return b""
    mark = value[at : at + 1 + head[0]]
    return mark if len(mark) == 1 + head[0] else b""


class MessageMarks:
    """The messages of a schema by the marks before them.

    Args:
        descriptors: Gives the files of the schema and the name of its own file.
        reader: Makes the reader of a message by its full name.
    """

    def __init__(
        self,
        descriptors: Callable[[], tuple[Sequence[FileDescriptorProto], str]],
        reader: Callable[[str], ValueReader],
    ) -> None:
        self._descriptors = descriptors
        self._reader = reader
        self._names: list[str] | None = None
        self._top: dict[bytes, str] = {}

    def name_of(self, mark: bytes) -> str | None:
        """Return the full name of the message that a mark of Apicurio names; None where the schema has none."""
        try:
            self._read_names()
        except SchemaError:
            return None
        return self._top.get(mark[MARK_HEAD_BYTES:])

    def named(self, mark: bytes) -> ValueReader | None:
        """Return the reader of the message that a mark of Apicurio names; None where the schema has none."""
        full = self.name_of(mark)
        try:
            return None if full is None else self._reader(full)
        except SchemaError:
            return None

    def numbered(self, value: bytes, at: int) -> tuple[ValueReader, int]:
        """Return the reader of the message that AWS Glue's number at this byte means, and where the message begins.

        Raises:
            ValueError: There is no number, or the schema has no such message.
        """
        full, begin = self.name_at(value, at)
        try:
            return self._reader(full), begin
        except SchemaError as error:
            raise ValueError(str(error)) from error

    def name_at(self, value: bytes, at: int) -> tuple[str, int]:
        """Return the full name of the message that AWS Glue's number at this byte means, and where the message begins.

        Raises:
            ValueError: There is no number, or the schema has no such message.
        """
        number = shift = 0
        for place in range(at, min(at + _NUMBER_BYTES, len(value))):
            number |= (value[place] & 0x7F) << shift
            shift += 7
            if value[place] < 0x80:  # noqa: PLR2004 - the last byte of a number has no mark that more follows
                break
        else:
            raise ValueError("there is no number of a message behind its frame")
        try:
            names = self._read_names()
        except SchemaError as error:
            raise ValueError(str(error)) from error
        if number >= len(names):
            raise ValueError(f"the schema has {counted(len(names), 'message')} and none of number {number}")
        return names[number], place + 1

    def _read_names(self) -> list[str]:
        if self._names is None:
            files, main = self._descriptors()
            file = next(one for one in files if one.name == main)
            prefix = f"{file.package}." if file.package else ""
            self._top = {one.name.encode(): prefix + one.name for one in file.message_type}
            self._names = sorted(_full_names(prefix, file.message_type))
        return self._names


def _full_names(prefix: str, messages: Sequence[DescriptorProto]) -> Iterator[str]:
    for one in messages:
        yield prefix + one.name
        yield from _full_names(f"{prefix}{one.name}.", one.nested_type)
