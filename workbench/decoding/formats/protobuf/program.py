"""Makes the tables of Protobuf descriptors that a compiled reader follows (`workbench.decoding.native.protobuf`)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.decoding.formats.schema_error import SchemaError
from workbench.decoding.native.protobuf import ProtobufReader
from workbench.decoding.native.protobuf_tables import KINDS, MAP, PRESENCE, REPEATED

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from google.protobuf.descriptor_pb2 import (
        DescriptorProto,
        EnumDescriptorProto,
        FieldDescriptorProto,
        FileDescriptorProto,
    )
    from numpy.typing import NDArray

_MOST_MESSAGES = 100_000
_NONE = -1
_ENUM, _MESSAGE, _GROUP, _STRING, _BYTES, _BOOL, _DOUBLE, _FLOAT = 14, 11, 10, 9, 12, 8, 1, 2
_LABEL_REPEATED = 3
_WRAPPERS = frozenset(
    f"{name}Value" for name in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
)
_WELL_KNOWN = "google.protobuf."


def compile_files(files: Sequence[FileDescriptorProto], main: str, message: str = "") -> ProtobufReader:
    """Make the reader of the messages of a file.

    Args:
        files: The file with all that it imports.
        main: Name of the file that a message index counts in.
        message: Full name of the message of values without an index; the first of the file unless given.

    Raises:
        SchemaError: There is no such message, or a type is missing.
    """
    try:
        return _Tables(files).reader(main, message)
    except (KeyError, RecursionError) as error:
        raise SchemaError(f"the descriptors are not complete: {type(error).__name__}: {error}") from error


def wire_reader() -> ProtobufReader:
    """Make the reader of the wire format itself: fields by number."""
    none = np.zeros((0, 1), np.int32)
    return ProtobufReader(none, none, none, np.zeros(1, np.int32), b"", (0, 0), _NONE)


class _Tables:
    def __init__(self, files: Sequence[FileDescriptorProto]) -> None:
        self._files = files
        self._texts: dict[bytes, int] = {}
        self._messages: dict[str, tuple[DescriptorProto, bool]] = {}
        self._enums: dict[str, EnumDescriptorProto] = {}
        self._places: dict[str, int] = {}
        self._numbers: list[int] = []
        for file in files:
            self._collect(f".{file.package}" if file.package else "", file.message_type, file)
            self._enter_enums(f".{file.package}" if file.package else "", file.enum_type)
        self._message_numbers = {name: number for number, name in enumerate(self._messages)}

    def _collect(self, prefix: str, messages: Iterable[DescriptorProto], file: FileDescriptorProto) -> None:
        implicit = file.syntax == "proto3" or _is_implicit(file)
        for one in messages:
            if len(self._messages) >= _MOST_MESSAGES:
                raise SchemaError(f"the schema has more than {_MOST_MESSAGES} messages")
            self._messages[f"{prefix}.{one.name}"] = one, implicit
            self._enter_enums(f"{prefix}.{one.name}", one.enum_type)
            self._collect(f"{prefix}.{one.name}", one.nested_type, file)

    def _enter_enums(self, prefix: str, enums: Iterable[EnumDescriptorProto]) -> None:
        self._enums |= {f"{prefix}.{one.name}": one for one in enums}

    def reader(self, main: str, message: str) -> ProtobufReader:
        file = next((one for one in self._files if one.name == main), None)
        if file is None:
            raise SchemaError(f"there is no file {main}")
        prefix = f".{file.package}" if file.package else ""
        roots = self._keep([self._message_numbers[f"{prefix}.{one.name}"] for one in file.message_type])
        root = self._message_numbers.get(f".{message.lstrip('.')}", _NONE) if message else _NONE
        if message and root == _NONE:
            raise SchemaError(f"it has no message {message}")
        if not message:
            if not file.message_type:
                raise SchemaError("it has no message")
            root = self._numbers[roots]
        messages, fields = self._rows()
        texts = list(self._texts)
        ends = np.cumsum([0, *map(len, texts)]).astype(np.int32)
        numbers = _table([[number] for number in self._numbers], 1)
        count = len(file.message_type)
        return ProtobufReader(messages, fields, numbers, ends, b"".join(texts), (roots, count), root)

    def _rows(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        messages: list[list[int]] = []
        fields: list[list[int]] = []
        for name, (one, implicit) in self._messages.items():
            first = len(fields)
            proper = sorted(one.field, key=lambda field: field.number)
            fields += [self._field(field, one, implicit=implicit) for field in proper]
            # An index counts the messages that stand in the text; protoc adds one for each map.
            proper_nested = [below for below in one.nested_type if not below.options.map_entry]
            nested = self._keep([self._message_numbers[f"{name}.{below.name}"] for below in proper_nested])
            text = self._text(name[1:].encode())
            messages.append([_kind(name[1:]), first, len(proper), text, nested, len(proper_nested)])
        return _table(messages, 6), _table(fields, 8)

    def _field(self, field: FieldDescriptorProto, message: DescriptorProto, *, implicit: bool) -> list[int]:
        repeated = field.label == _LABEL_REPEATED
        child, is_map = _NONE, False
        if field.type in (_MESSAGE, _GROUP):
            child = self._message_numbers[field.type_name]
            is_map = repeated and self._messages[field.type_name][0].options.map_entry
        elif field.type == _ENUM:
            child = self._enum(field.type_name)
        in_oneof = field.HasField("oneof_index")
        in_entry = message.options.map_entry
        presence = in_oneof or field.type in (_MESSAGE, _GROUP) or not implicit or field.proto3_optional
        flags = REPEATED * repeated | MAP * is_map | PRESENCE * (presence and not repeated)
        default = _NONE
        if repeated:
            default = self._text(b"{}" if is_map else b"[]")
        elif in_entry or not presence:
            default = self._default(field)
        oneof = field.oneof_index if in_oneof and not field.proto3_optional else _NONE
        return [field.number, field.type, flags, self._text(_quoted(field.name) + b":"), child, default, oneof, 0]

    def _default(self, field: FieldDescriptorProto) -> int:
        if field.type in (_MESSAGE, _GROUP):
            return _NONE
        if field.type == _ENUM:
            zero = next((one.name for one in self._enums[field.type_name].value if one.number == 0), None)
            return self._text(b"0" if zero is None else _quoted(zero))
        words = {_STRING: b'""', _BYTES: b'""', _BOOL: b"false", _DOUBLE: b"0.0", _FLOAT: b"0.0"}
        return self._text(words.get(field.type, b"0"))

    def _enum(self, name: str) -> int:
        place = self._places.get(name)
        if place is None:
            values = {one.number: one.name for one in reversed(self._enums[name].value)}
            flat = [part for number in sorted(values) for part in (number, self._text(_quoted(values[number])))]
            place = self._places[name] = self._keep([len(values), *flat])
        return place

    def _keep(self, numbers: list[int]) -> int:
        self._numbers += numbers
        return len(self._numbers) - len(numbers)

    def _text(self, text: bytes) -> int:
        return self._texts.setdefault(text, len(self._texts))


def _table(rows: Sequence[Any], width: int) -> NDArray[np.int32]:
    return np.array(rows, np.int32).reshape(-1, width)


def _quoted(name: str) -> bytes:
    return json.dumps(name).encode()


def _is_implicit(file: FileDescriptorProto) -> bool:
    """Whether a file of an edition says that its fields have no presence."""
    implicit = 2
    return bool(file.syntax == "editions" and file.options.features.field_presence == implicit)


def _kind(name: str) -> int:
    known = name.removeprefix(_WELL_KNOWN)
    if known == name:
        return KINDS[""]
    return KINDS["wrapper"] if known in _WRAPPERS else KINDS.get(known, KINDS[""])
