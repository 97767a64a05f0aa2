"""Makes the reader of each schema once, when the first value needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.decoding.formats.message_marks import MessageMarks
from workbench.decoding.formats.schema_error import SchemaError
from workbench.decoding.formats.topic_format import AVRO, CBOR, MSGPACK, PROTOBUF
from workbench.model.schemas import Schema, Schemas
from workbench.text import size_text, visible

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from google.protobuf.descriptor_pb2 import FileDescriptorProto

    from workbench.decoding.formats.topic_format import TopicFormat
    from workbench.decoding.formats.value_writer import ValueWriter
    from workbench.decoding.native.value_reader import ValueReader

_FORMATS = {"AVRO": AVRO, "PROTOBUF": PROTOBUF}
"""Formats by the types of schemas of a registry; values of JSON schemas are read as JSON."""
_MOST_SCHEMA_BYTES = 16 << 20


class SchemaReaders:
    """Readers by schema; a schema that cannot be used is refused again without reading it anew.

    Args:
        schemas: Schemas by id, and those that they refer to.
    """

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._made: dict[Hashable, ValueReader | SchemaError] = {}
        self._files: dict[Schema | bytes, tuple[Sequence[FileDescriptorProto], str]] = {}
        self._marks: dict[Schema | bytes, MessageMarks] = {}
        self._writers: dict[tuple[str, Schema | bytes, str], ValueWriter] = {}
        self._fingerprints: dict[bytes, tuple[Schema, ValueReader]] | None = None

    def with_schemas(self, schemas: Schemas) -> SchemaReaders:
        """Return the readers of other schemas; those that are made and whose schemas stay are kept."""
        more = SchemaReaders(schemas)
        more._made = {key: reader for key, reader in self._made.items() if not isinstance(reader, SchemaError)}
        more._files = dict(self._files)
        return more

    def of_schema(self, schema: Schema, reader_schema: bytes = b"") -> tuple[str, ValueReader]:
        """Return the format and the reader of values that a schema of a registry describes.

        Raises:
            SchemaError: The schema cannot be used.
        """
        name = _FORMATS.get(schema.type)
        if name is None:
            raise SchemaError(f"its type is {visible(schema.type, 40)}, and Avro, Protobuf and JSON are known")
        return name, self._reader((schema, reader_schema), schema, reader_schema, "")

    def of_topic(self, fixed: TopicFormat) -> ValueReader:
        """Return the reader of values of a topic.

        Raises:
            SchemaError: The schema cannot be used.
        """
        if fixed.format in (MSGPACK, CBOR):
            return self.of_bytes(fixed.format)
        return self._reader(fixed, fixed.schema, fixed.reader_schema, fixed.message, name=fixed.format)

    def marks_of(self, schema: Schema | bytes) -> MessageMarks:
        """Return the messages of a Protobuf schema that can be used by the marks before them."""
        found = self._marks.get(schema)
        if found is None:
            found = self._marks[schema] = MessageMarks(
                lambda: self._descriptors(schema),
                lambda name: self._reader((schema, "marked", name), schema, b"", name, name=PROTOBUF),
            )
        return found

    def of_bytes(self, name: str) -> ValueReader:
        """Return the reader of a format without schemas."""
        from workbench.decoding.native.cbor import CborReader
        from workbench.decoding.native.msgpack import MsgpackReader

        return MsgpackReader() if name == MSGPACK else CborReader()

    def of_fingerprint(self, fingerprint: bytes) -> tuple[Schema, ValueReader] | None:
        """Return the Avro schema of this fingerprint and its reader; None where none has it."""
        from workbench.decoding.formats.avro import names

        if self._fingerprints is None:
            self._fingerprints = {}
            for schema in self._schemas.by_id.values():
                if schema.type == "AVRO":
                    try:
                        mark = names.fingerprint(names.parse(schema.text))
                        self._fingerprints[mark] = schema, self.of_schema(schema)[1]
                    except (SchemaError, AttributeError, TypeError, RecursionError):
                        continue
        return self._fingerprints.get(fingerprint)

    def writer(self, name: str, schema: Schema | bytes, message: str = "") -> ValueWriter:
        """Return what writes values of a schema.

        Args:
            name: Name of the format.
            schema: The schema; nothing for a format without schemas.
            message: Full name of the Protobuf message.

        Raises:
            SchemaError: The schema cannot be used.
        """
        found = self._writers.get((name, schema, message))
        if found is None:
            found = self._writers[name, schema, message] = self._make_writer(name, schema, message)
        return found

    def _make_writer(self, name: str, schema: Schema | bytes, message: str) -> ValueWriter:
        if name == AVRO:
            from workbench.decoding.formats.avro.names import load
            from workbench.decoding.formats.avro.program import program_of
            from workbench.decoding.formats.avro.writing import AvroWriter

            return AvroWriter(program_of(load(_as_schema(schema), self._schemas.referenced)))
        if name in (MSGPACK, CBOR):
            from workbench.decoding.formats.binary.cbor import Cbor
            from workbench.decoding.formats.binary.msgpack import Msgpack
            from workbench.decoding.formats.binary.writing import BinaryWriter

            return BinaryWriter(Msgpack() if name == MSGPACK else Cbor(), self.of_bytes(name))
        from workbench.decoding.formats.protobuf.writing import ProtobufWriter

        return ProtobufWriter(self._descriptors(schema)[0], message)

    def message_at(self, schema: Schema | bytes, path: Sequence[int]) -> str:
        """Return the full name of a message of a Protobuf schema by its path; that of the first by an empty one."""
        from workbench.decoding.formats.protobuf.writing import message_at

        return message_at(*self._descriptors(schema), path)

    def _reader(
        self, key: Hashable, schema: Schema | bytes, reader_schema: bytes, message: str, name: str = ""
    ) -> ValueReader:
        found = self._made.get(key)
        if found is None:
            try:
                found = self._make(schema, reader_schema, message, name)
            except SchemaError as error:
                found = error
            self._made[key] = found
        if isinstance(found, SchemaError):
            raise found
        return found

    def _make(self, schema: Schema | bytes, reader_schema: bytes, message: str, name: str) -> ValueReader:
        if len(schema if isinstance(schema, bytes) else schema.text) > _MOST_SCHEMA_BYTES:
            raise SchemaError(f"the schema is larger than {size_text(_MOST_SCHEMA_BYTES)}")
        referenced = self._schemas.referenced
        if name == AVRO or (isinstance(schema, Schema) and schema.type == "AVRO"):
            from workbench.decoding.formats.avro.names import load
            from workbench.decoding.formats.avro.program import compile_schema

            writer = load(_as_schema(schema), referenced)
            return compile_schema(writer, load(_as_schema(reader_schema), {}) if reader_schema else None)
        from workbench.decoding.formats.protobuf import program

        if not schema:
            return program.wire_reader()
        return program.compile_files(*self._descriptors(schema), message)

    def _descriptors(self, schema: Schema | bytes) -> tuple[Sequence[FileDescriptorProto], str]:
        """Return the files of a Protobuf schema; protoc is asked once, whatever number of messages is read."""
        from workbench.decoding.formats.protobuf import descriptors

        found = self._files.get(schema)
        if found is None:
            if isinstance(schema, Schema):
                found = descriptors.files_of_schema(schema, self._schemas.referenced)
            else:
                found = descriptors.files_of_content(schema)
            self._files[schema] = found
        return found


def _as_schema(content: Schema | bytes) -> Schema:
    if isinstance(content, Schema):
        return content
    try:
        return Schema(0, "AVRO", content.decode())
    except UnicodeDecodeError as error:
        raise SchemaError("the schema is not UTF-8") from error
