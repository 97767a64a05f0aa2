"""Encodes values again that were decoded from bytes: behind their frame, by their schema or format."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from workbench.decoding.formats.framing import REGISTRY_PREFIX_BYTES, frame_of
from workbench.decoding.formats.message_marks import name_mark
from workbench.decoding.formats.schema_error import SchemaError
from workbench.decoding.formats.topic_format import CBOR, MSGPACK, PROTOBUF
from workbench.decoding.formats.value_writer import NotWritableError

if TYPE_CHECKING:
    from workbench.decoding.formats.choice import Choice, Choices
    from workbench.decoding.formats.value_writer import ValueWriter
    from workbench.model.records.record import HeaderList


@dataclass(frozen=True, slots=True)
class EncodedValue:
    """A value that was decoded from bytes, and what encodes it again.

    Attributes:
        tree: The value tree.
    """

    tree: Any
    _value: bytes
    _begin: int
    _choice: Choice
    _choices: Choices
    _writer: ValueWriter

    def written(self, tree: Any) -> bytes:
        """Return the value with another tree.

        Raises:
            NotWritableError: The schema or format refuses it, or other bytes would change, too.
        """
        body = self._writer.written(self._value[self._begin :], self.tree, tree)
        made = self._value[: self._begin] + body
        try:
            self._choices.read(self._choice, made)
        except ValueError as error:
            raise NotWritableError(f"it could not be read again: {error}") from error
        return made


def encoded_value(choices: Choices, topic: str, headers: HeaderList, value: bytes) -> EncodedValue | None:
    """Return how a value is encoded; None where no schema and no format of bytes reads it.

    Raises:
        NotWritableError: It cannot be read, or cannot be written again.
    """
    choice = choices.choose(topic, headers, value)
    if choice.reader is None:
        if choice.reason is not None:
            raise NotWritableError(choice.reason)
        return None
    if choice.schema is None and choice.format not in (MSGPACK, CBOR):
        raise NotWritableError(f"it is {choice.format}, and no schema says how it was written")
    frame = frame_of(value)
    if frame is not None and frame.zlib:
        raise NotWritableError(f"it is compressed behind {frame.name}")
    choice, tree = _read(choices, choice, value)
    try:
        if choice.format == PROTOBUF:
            message, begin = _message(choices, choice, value)
            writer = choices.writer(choice, message)
        else:
            writer, begin = choices.writer(choice), choice.starts[0]
    except SchemaError as error:
        raise NotWritableError(f"its schema cannot be used: {error}") from error
    return EncodedValue(tree, value, begin, choice, choices, writer)


def _read(choices: Choices, choice: Choice, value: bytes) -> tuple[Choice, Any]:
    """Return the choice with the one place where the value begins, and its tree."""
    reason: ValueError | None = None
    for start in choice.starts:
        one = replace(choice, starts=(start,))
        try:
            return one, json.loads(choices.read(one, value))
        except ValueError as error:
            reason = reason or error
    raise NotWritableError(f"it cannot be read as {choice.format}: {reason}") from reason


def _message(choices: Choices, choice: Choice, value: bytes) -> tuple[str, int]:
    """Return the full name of a Protobuf message, and where it begins."""
    from workbench.decoding.formats.protobuf.writing import index_of

    (start,) = choice.starts
    marks, frame = choice.marks, frame_of(value)
    if marks is not None and start and frame is not None:
        if frame.numbered:
            return marks.name_at(value, start)
        mark = name_mark(value, start)
        named = marks.name_of(mark) if mark else None
        if named is not None:
            return named, start + len(mark)
    if start == REGISTRY_PREFIX_BYTES:
        path, begin = index_of(value, start)
        return choices.message_at(choice, path), begin
    return choice.message or choices.message_at(choice, ()), start
