"""Changes Protobuf messages: the fields that stay keep their bytes, whatever wrote them; the others are encoded anew.

So fields that the schema does not know, the order of maps and the packing of lists stay as they were.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import EncodeError

from workbench.decoding.formats.value_writer import NotWritableError
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from google.protobuf.descriptor import Descriptor, FieldDescriptor
    from google.protobuf.descriptor_pb2 import FileDescriptorProto

_WELL_KNOWN = "google.protobuf."
_VALUE = f"{_WELL_KNOWN}Value"
"""The one message whose null is a value."""
_SIZED, _GROUP_END = 2, 4
"""Wire types of fields with a length, and of the end of a group."""
_MISSING = object()


class ProtobufWriter:
    """Changes messages of one type.

    Args:
        files: The file of the schema with all that it imports.
        message: Full name of the message.

    Raises:
        NotWritableError: The files do not have it, or cannot be used.
    """

    def __init__(self, files: Sequence[FileDescriptorProto], message: str) -> None:
        pool = descriptor_pool.DescriptorPool()
        try:
            for file in files:
                pool.Add(file)
            self._message = pool.FindMessageTypeByName(message)
        except (KeyError, TypeError) as error:
            raise NotWritableError(f"its schema cannot be used to write: {visible(str(error), 200)}") from error
        self._pool = pool

    def written(self, body: bytes, before: Any, after: Any) -> bytes:
        """Return the bytes of a message that was changed.

        Args:
            body: The bytes as they are, without a frame.
            before: The value tree that the reader gives for them.
            after: The tree to write.

        Raises:
            NotWritableError: The tree does not fit the schema.
        """
        plain = not self._message.full_name.startswith(_WELL_KNOWN)
        if not plain or not isinstance(after, dict) or not isinstance(before, dict):
            raise NotWritableError("it is no object, and its schema is a message with fields")
        return self._changed(body, before, after, self._message)

    def _changed(self, body: bytes, before: dict[str, Any], after: dict[str, Any], message: Descriptor) -> bytes:
        fields = {field.name: field for field in message.fields}
        odd = sorted(name for name in after if name not in fields and not _same(before, after, name))
        if odd:
            raise NotWritableError(f"its schema has no member {visible(odd[0], 60)}")
        replaced = {}
        spans = list(_spans(body))
        for name, field in fields.items():
            if not _same(before, after, name):
                own = [body[start:end] for number, start, end in spans if number == field.number]
                try:
                    replaced[field.number] = self._field(field, own, before.get(name), after.get(name, _MISSING))
                except NotWritableError as error:
                    raise error.below(name) from None
        return _joined(body, spans, replaced)

    def _field(self, field: FieldDescriptor, own: list[bytes], before: Any, after: Any) -> list[bytes]:
        """Return the bytes of a field: of each item for itself, where the items stand one by one."""
        inner = field.message_type
        if after is _MISSING or (after is None and (inner is None or inner.full_name != _VALUE)):
            return []
        is_map = inner is not None and inner.GetOptions().map_entry
        if is_map and isinstance(before, dict) and isinstance(after, dict) and len(before) == len(own):
            return self._entries(field, dict(zip(before, own, strict=True)), before, after)
        old, new = (before, after) if field.is_repeated else ([before], [after])
        if inner is None or is_map or not isinstance(new, list) or not isinstance(old, list) or len(old) != len(own):
            return [self._encoded(field, after)]
        return self._items(field, own, old, new)

    def _items(self, field: FieldDescriptor, own: list[bytes], old: list[Any], new: list[Any]) -> list[bytes]:
        """Return the bytes of messages: those that stay as they are, then those that changed at their place."""
        kept: dict[str, list[bytes]] = {}
        for item, content in zip(old, own, strict=True):
            kept.setdefault(_text(item), []).append(content)
        wanted = {_text(item) for item in new}
        found = []
        for at, item in enumerate(new):
            if same := kept.get(_text(item)):
                found.append(same.pop(0))
            elif len(old) == len(new) and _text(old[at]) not in wanted and self._merges(field, own[at], old[at], item):
                head, content = _unwrapped(own[at])
                done = self._changed(content, old[at], item, field.message_type)
                found.append(head + _varint(len(done)) + done)
            else:
                found.append(self._encoded(field, [item] if field.is_repeated else item))
        return found

    def _merges(self, field: FieldDescriptor, own: bytes, before: Any, after: Any) -> bool:
        """Whether a message can be changed field by field: it is an object of its fields, before and after."""
        plain = not field.message_type.full_name.startswith(_WELL_KNOWN) and own[0] & 7 == _SIZED
        return plain and isinstance(before, dict) and isinstance(after, dict)

    def _entries(self, field: FieldDescriptor, own: dict[str, bytes], before: Any, after: Any) -> list[bytes]:
        return [
            own[key] if key in before and _text(before[key]) == _text(item) else self._encoded(field, {key: item})
            for key, item in after.items()
        ]

    def _encoded(self, field: FieldDescriptor, tree: Any) -> bytes:
        """Encode one field by Protobuf's own JSON mapping."""
        made = message_factory.GetMessageClass(field.containing_type)()
        try:
            json_format.ParseDict({field.name: tree}, made, descriptor_pool=self._pool, max_recursion_depth=256)
            written: bytes = made.SerializePartialToString(deterministic=True)
        except (json_format.ParseError, EncodeError, ValueError, TypeError, AttributeError, KeyError) as error:
            said = visible(str(error), 200)
            raise NotWritableError(f"its schema refuses {visible(json.dumps(tree), 60)}: {said}") from error
        return written


def message_at(files: Sequence[FileDescriptorProto], main: str, path: Sequence[int]) -> str:
    """Return the full name of the message that a path of numbers means; see `workbench.decoding.native.protobuf`.

    Raises:
        NotWritableError: There is none.
    """
    file = next(one for one in files if one.name == main)
    name, among = str(file.package), list(file.message_type)
    for step in path or (0,):
        if step >= len(among):
            raise NotWritableError("its schema has no message at this index")
        name = f"{name}.{among[step].name}" if name else among[step].name
        among = [one for one in among[step].nested_type if not one.options.map_entry]
    return name


def index_of(value: bytes, at: int) -> tuple[list[int], int]:
    """Read the path of numbers before a message of Confluent's serialisers: the path, and where the message begins."""
    count, at = _number(value, at)
    path = []
    for _ in range(min(count >> 1, len(value))):
        step, at = _number(value, at)
        path.append(step >> 1)
    return path, at


def _same(before: dict[str, Any], after: dict[str, Any], name: str) -> bool:
    old, new = before.get(name, _MISSING), after.get(name, _MISSING)
    if old is _MISSING or new is _MISSING:
        return old is new
    return _text(old) == _text(new)


def _text(tree: Any) -> str:
    # Texts are compared, because Python takes 1, 1.0 and true for equal.
    return json.dumps(tree)


def _joined(body: bytes, spans: Sequence[tuple[int, int, int]], replaced: dict[int, list[bytes]]) -> bytes:
    """Put changed fields where they stood first, and new ones before the first field with a higher number."""
    left = dict(replaced)
    out = []
    for number, start, end in spans:
        for new in sorted(one for one in left if one < number and all(one != known for known, _, _ in spans)):
            out += left.pop(new)
        if number not in replaced:
            out.append(body[start:end])
        else:
            out += left.pop(number, [])
    for number in sorted(left):
        out += left[number]
    return b"".join(out)


def _spans(body: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the number of each field on the wire, and where it begins and ends."""
    at = 0
    while at < len(body):
        start = at
        tag, at = _number(body, at)
        at = _behind(body, at, tag)
        yield tag >> 3, start, at


def _behind(body: bytes, at: int, tag: int) -> int:
    match tag & 7:
        case 0:
            return _number(body, at)[1]
        case 1:
            return at + 8
        case 2:
            size, at = _number(body, at)
            return at + size
        case 5:
            return at + 4
    # What is left is a group: its fields, up to the end of it.
    while True:
        inner, at = _number(body, at)
        if inner & 7 == _GROUP_END:
            return at
        at = _behind(body, at, inner)


def _unwrapped(field: bytes) -> tuple[bytes, bytes]:
    """Return the tag of a field of bytes, and its content."""
    _, behind = _number(field, 0)
    size, at = _number(field, behind)
    return field[:behind], field[at : at + size]


def _number(body: bytes, at: int) -> tuple[int, int]:
    """Read an integer of variable length, and where it ends. The bytes were read before, so they are whole."""
    number = shift = 0
    while True:
        byte = body[at]
        number |= (byte & 0x7F) << shift
        at += 1
        shift += 7
        if byte < 0x80:  # noqa: PLR2004 - the last byte of a number has no mark that more follows
            return number, at


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004 - as above
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
