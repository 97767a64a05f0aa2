"""The host functions of the module ``redpanda_schema_registry``, over schemas that the caller gives."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Protocol

from workbench.model.schemas import Schema, SchemaReference
from workbench.transforms.payload import PayloadError, PayloadReader, encode_sized, encode_varint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from workbench.model.schemas import SchemaType
    from workbench.transforms.guest.host import Host, HostFunction

OFF = -1
FAILED = -2

_I32 = struct.Struct("<i")
_TYPES: tuple[SchemaType, ...] = ("AVRO", "PROTOBUF", "JSON")
_LATEST = -1


class SchemaSource(Protocol):
    """Schemas that a guest may ask for."""

    def by_id(self, schema_id: int) -> Schema | None:
        """Return the schema of an id."""
        ...

    def by_subject(self, subject: str, version: int | None) -> tuple[int, Schema] | None:
        """Return the version and the schema of a subject; the newest one where no version is given."""
        ...

    def add(self, subject: str, schema: Schema) -> int | None:
        """Register a schema under a subject and return its id; None where nothing may be registered."""
        ...


class SubjectSchemas:
    """Schemas by subject, in memory; what a guest registers is kept here and goes nowhere else."""

    def __init__(self, subjects: Mapping[str, list[Schema]] | None = None) -> None:
        self._subjects = {subject: list(schemas) for subject, schemas in (subjects or {}).items()}

    def by_id(self, schema_id: int) -> Schema | None:
        return next((one for one in self._all() if one.id == schema_id), None)

    def by_subject(self, subject: str, version: int | None) -> tuple[int, Schema] | None:
        versions = self._subjects.get(subject, [])
        number = len(versions) if version is None else version
        return (number, versions[number - 1]) if 1 <= number <= len(versions) else None

    def add(self, subject: str, schema: Schema) -> int | None:
        """Register a schema; the same one again keeps its id."""
        same = (schema.type, schema.text, schema.references)
        known = next((one.id for one in self._all() if (one.type, one.text, one.references) == same), None)
        number = known if known is not None else max((one.id for one in self._all()), default=0) + 1
        versions = self._subjects.setdefault(subject, [])
        if all(one.id != number for one in versions):
            versions.append(Schema(number, *same))
        return number

    def _all(self) -> list[Schema]:
        return [schema for schemas in self._subjects.values() for schema in schemas]


class RegistryFunctions:
    """Answers the calls of one instance; without schemas each answers that the registry is off."""

    def __init__(self, host: Host, schemas: SchemaSource | None) -> None:
        self._host = host
        self._schemas = schemas

    def functions(self) -> Mapping[str, HostFunction]:
        """Return the functions by name."""
        return {
            "check_abi_version_0": lambda: None,
            "get_schema_definition_len": lambda number, length: self._length(self._definition(number), length),
            "get_schema_definition": lambda number, *buffer: self._copy(self._definition(number), *buffer),
            "get_subject_schema_len": lambda *named_length: self._length(
                self._subject(*named_length[:3]), named_length[3]
            ),
            "get_subject_schema": lambda *named_buffer: self._copy(self._subject(*named_buffer[:3]), *named_buffer[3:]),
            "create_subject_schema": self._create,
        }

    def _definition(self, number: int) -> bytes | int:
        if self._schemas is None:
            return OFF
        schema = self._schemas.by_id(number)
        return FAILED if schema is None else encode_definition(schema)

    def _subject(self, subject: int, length: int, version: int) -> bytes | int:
        if self._schemas is None:
            return OFF
        name = self._text(subject, length)
        found = None if name is None else self._schemas.by_subject(name, None if version == _LATEST else version)
        if found is None:
            return FAILED
        return encode_varint(found[1].id) + encode_varint(found[0]) + encode_definition(found[1])

    def _create(self, subject: int, subject_length: int, buffer: int, length: int, number: int) -> int:
        if self._schemas is None:
            return OFF
        name = self._text(subject, subject_length)
        definition = self._host.guest_memory.read(buffer, length)
        self._host.charge(len(definition))
        try:
            schema = decode_definition(definition)
        except PayloadError:
            return FAILED
        made = None if name is None else self._schemas.add(name, schema)
        if made is None:
            return FAILED
        self._host.guest_memory.pack(number, _I32, made)
        return 0

    def _text(self, pointer: int, length: int) -> str | None:
        data = self._host.guest_memory.read(pointer, length)
        self._host.charge(len(data))
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def _length(self, definition: bytes | int, length: int) -> int:
        if isinstance(definition, int):
            return definition
        self._host.guest_memory.pack(length, _I32, len(definition))
        return 0

    def _copy(self, definition: bytes | int, buffer: int, length: int) -> int:
        if isinstance(definition, int):
            return definition
        if len(definition) > length & 0xFFFF_FFFF:
            return FAILED
        self._host.charge(len(definition))
        self._host.guest_memory.write(buffer, definition)
        return len(definition)


def encode_definition(schema: Schema) -> bytes:
    """Encode a schema as a guest reads it: type, text, references."""
    references = [
        encode_sized(one.name.encode()) + encode_sized(one.subject.encode()) + encode_varint(one.version)
        for one in schema.references
    ]
    head = encode_varint(_TYPES.index(schema.type)) + encode_sized(schema.text.encode())
    return b"".join([head, encode_varint(len(references)), *references])


def decode_definition(data: bytes) -> Schema:
    """Decode a schema that a guest wrote; its id is 0.

    Raises:
        PayloadError: It has not the form of a schema.
    """
    reader = PayloadReader(data)
    kind = reader.varint("the type")
    if not 0 <= kind < len(_TYPES):
        raise PayloadError(f"The type {kind} is none of 0 (Avro), 1 (Protobuf) and 2 (JSON).")
    text = _utf8(reader.sized("the schema"))
    count = reader.varint("the number of references")
    if count < 0:
        raise PayloadError(f"The number of references is {count}, below 0.")
    references = []
    for _ in range(count):
        name, subject = _utf8(reader.sized("a name")), _utf8(reader.sized("a subject"))
        references.append(SchemaReference(name, subject, reader.varint("a version")))
    reader.finish()
    return Schema(0, _TYPES[kind], text, tuple(references))


def _utf8(data: bytes | None) -> str:
    try:
        return (data or b"").decode("utf-8")
    except UnicodeDecodeError as error:
        raise PayloadError("A text is not UTF-8.") from error
