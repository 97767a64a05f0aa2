"""Chooses how the bytes of a value are read: by the schema that its frame names, its content type, or its topic.

In this order: a frame whose schema is known; the format of the topic's setting; the content type in the headers. A
frame whose schema is not known leaves the value raw, with a reason, so that it can be decoded again later.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from workbench.decoding.formats.faults import fault_error
from workbench.decoding.formats.format import CutOffError
from workbench.decoding.formats.framing import NOT_FRAMED, frame_of, header_frame, names_schema
from workbench.decoding.formats.json import parse_json
from workbench.decoding.formats.message_marks import name_mark
from workbench.decoding.formats.schema_error import SchemaError
from workbench.decoding.formats.schema_readers import SchemaReaders
from workbench.decoding.formats.topic_format import CBOR, MSGPACK, PROTOBUF

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from workbench.decoding.formats.message_marks import MessageMarks
    from workbench.decoding.formats.topic_format import TopicFormat
    from workbench.decoding.formats.value_writer import ValueWriter
    from workbench.decoding.native.value_reader import ValueReader
    from workbench.model.records.record import HeaderList
    from workbench.model.schemas import Schema, Schemas

CONTENT_TYPE_HEADERS = frozenset({b"content-type", b"Content-Type", b"contentType", b"content_type"})
_FORMATS = {b"msgpack": MSGPACK, b"x-msgpack": MSGPACK, b"vnd.msgpack": MSGPACK, b"cbor": CBOR}
_MOST_UNPACKED_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Choice:
    """How a value is read.

    Attributes:
        format: Name of the format; empty where the value is left to JSON and raw bytes.
        reader: Reads it; None where it is left.
        starts: Where the value may begin, in order: the first that can be read counts.
        reason: Why the value is raw although it names a schema.
        marks: Messages of a Protobuf schema by the marks that may stand behind the frame.
        schema: The schema by which it was written; None where no schema says it.
        message: Full name of the Protobuf message; empty where a path of numbers before it, or the schema, says it.
        mark: Bytes between the frame and the message that name it.
    """

    format: str = ""
    reader: ValueReader | None = None
    starts: tuple[int, ...] = ()
    reason: str | None = None
    marks: MessageMarks | None = None
    schema: Schema | bytes | None = None
    message: str = ""
    mark: bytes = b""

    def of_mark(self, mark: bytes) -> Choice | None:
        """Return the choice for values whose message Apicurio's serialisers name; None where there is no such message.

        Args:
            mark: Bytes behind the frame, as `workbench.decoding.formats.message_marks.name_mark` gives them.
        """
        reader = None if self.marks is None or not mark else self.marks.named(mark)
        if reader is None or self.marks is None:
            return None
        named = self.marks.name_of(mark) or ""
        starts = (self.starts[0] + len(mark),)
        return replace(self, reader=reader, starts=starts, marks=None, message=named, mark=mark)


LEFT = Choice()
"""For values that JSON and raw bytes are asked about."""


class Choices:
    """Chooses how values are read. Pure and picklable: it holds schemas, and makes readers of them when they are used.

    Args:
        schemas: Schemas by id.
        topic_formats: Formats that a person fixed, by topic name.
    """

    def __init__(self, schemas: Schemas, topic_formats: Mapping[str, TopicFormat]) -> None:
        self.schemas = schemas
        self.topic_formats = dict(topic_formats)
        self._readers = SchemaReaders(schemas)

    def __reduce__(self) -> tuple[type[Choices], tuple[Schemas, dict[str, TopicFormat]]]:
        """Pickle the schemas; readers are made anew where they are used."""
        return type(self), (self.schemas, self.topic_formats)

    def with_schemas(self, schemas: Schemas) -> Choices:
        """Return choices that know other schemas; readers that are made already are kept."""
        more = Choices(schemas, self.topic_formats)
        more._readers = self._readers.with_schemas(schemas)
        return more

    @property
    def of_keys(self) -> Choices:
        """The choices for keys: by the schemas that frames name; the formats of topics are those of their values."""
        same = Choices(self.schemas, {})
        same._readers = self._readers
        return same

    def read_key(self, key: bytes | None) -> str | None:
        """Read a key that has a frame to JSON text; None where it has none, or no known schema reads it."""
        frame = frame_of(key) if key and self.schemas.by_id else None
        if key is None or frame is None:
            return None
        schema = self.schemas.by_id.get(frame.id)
        try:
            if schema is not None and schema.type == "JSON":
                parse_json(key[frame.size :])
                return key[frame.size :].decode()
            keys = self.of_keys
            choice = keys.choose("", (), key)
            return None if choice.reader is None else keys.read(choice, key).decode()
        except ValueError:
            return None

    def fixed(self, topic: str) -> TopicFormat | None:
        """Return the format that is fixed for a topic."""
        return self.topic_formats.get(topic)

    def of_id(self, topic: str, number: int, *, before_json: bool) -> Choice:
        """Choose for values with a frame of Confluent's kind.

        Args:
            topic: The topic.
            number: The schema id.
            before_json: Whether an object of JSON begins behind the frame.
        """
        schema, fixed = self.schemas.by_id.get(number), self.fixed(topic)
        if schema is None:
            if fixed is not None:
                return self.of_topic(fixed, 5)
            if before_json:
                return LEFT
            why = self.schemas.missing.get(number, "no registry was asked for it")
            return Choice(reason=f"schema id {number} is not known: {why}")
        if schema.type == "JSON":
            return LEFT
        try:
            reader_schema = b"" if fixed is None else fixed.reader_schema
            name, reader = self._readers.of_schema(schema, reader_schema)
        except SchemaError as error:
            return Choice(reason=f"schema id {number} cannot be used: {error}")
        marks = self._readers.marks_of(schema) if name == PROTOBUF else None
        # What another schema made of a value cannot be written by the one that it has.
        return Choice(name, reader, (5,), marks=marks, schema=None if reader_schema else schema)

    def of_topic(self, fixed: TopicFormat, frame_bytes: int = 0) -> Choice:
        """Choose for values of a topic whose format is fixed: behind their frame, else as they are.

        A frame can be read as a part of a value by accident, and then almost anything behind it, too.
        """
        try:
            reader = self._readers.of_topic(fixed)
        except SchemaError as error:
            return Choice(reason=f"the schema of the topic cannot be used: {error}")
        has_marks = fixed.format == PROTOBUF and fixed.schema
        marks = self._readers.marks_of(fixed.schema) if has_marks else None
        starts = (frame_bytes, 0) if frame_bytes else (0,)
        schema = None if fixed.reader_schema or not fixed.schema else fixed.schema
        return Choice(fixed.format, reader, starts, marks=marks, schema=schema, message=fixed.message)

    def choose(self, topic: str, headers: HeaderList, value: bytes) -> Choice:
        """Choose for one value."""
        frame, fixed = frame_of(value), self.fixed(topic)
        if frame is not None and frame.id != NOT_FRAMED:
            before_json = value[frame.size : frame.size + 1] == b"{"
            choice = self.of_id(topic, frame.id, before_json=before_json)
            return choice.of_mark(name_mark(value, frame.size)) or choice
        if frame is not None and frame.fingerprint:
            found = self._readers.of_fingerprint(frame.fingerprint)
            if found is not None:
                schema, reader = found
                return Choice("avro", reader, (frame.size,), schema=schema)
        if fixed is not None:
            choice = self.of_topic(fixed, 0 if frame is None else frame.size)
            # Apicurio's serialisers name the message before the value, even where headers name the schema.
            mark = b"" if frame is not None or not names_schema(headers) else name_mark(value, 0)
            return choice.of_mark(mark) or choice
        named = content_format(headers) if value[:1] >= b"\x80" else ""
        if named:
            return Choice(named, self._readers.of_bytes(named), (0,))
        return choice_left(frame.name if frame is not None else header_frame(headers))

    def writer(self, choice: Choice, message: str = "") -> ValueWriter:
        """Return what writes values that were written by the schema of a choice.

        Args:
            choice: A choice with a schema.
            message: Full name of the Protobuf message.

        Raises:
            SchemaError: The schema cannot be used.
        """
        return self._readers.writer(choice.format, choice.schema or b"", message)

    def message_at(self, choice: Choice, path: Sequence[int]) -> str:
        """Return the full name of a message of a Protobuf schema by its path; that of the first by an empty one."""
        return self._readers.message_at(choice.schema or b"", path)

    def read(self, choice: Choice, value: bytes) -> bytes:
        """Read a value to JSON text.

        Raises:
            ValueError: The bytes are none of the schema or format.
        """
        fault, at = 0, 0
        for start in choice.starts:
            reader, whole, begin = _reader_at(choice, value, start)
            text, found, where = reader.read_one(whole, begin)
            if text is not None:
                return text
            if not fault:
                fault, at = found, where
        raise fault_error(fault, at)


def _reader_at(choice: Choice, value: bytes, start: int) -> tuple[ValueReader, bytes, int]:
    """Return what reads a value that may begin here: the reader, the bytes, and where they begin.

    Raises:
        ValueError: It cannot be decompressed, or a message is marked that the schema has not.
    """
    if choice.reader is None:
        raise ValueError("nothing reads this value")
    whole, begin = unpacked(value, start)
    frame = frame_of(value) if start and choice.marks is not None else None
    if frame is None or choice.marks is None:
        return choice.reader, whole, begin
    if frame.numbered:
        reader, begin = choice.marks.numbered(whole, begin)
        return reader, whole, begin
    mark = name_mark(whole, begin)
    named = choice.marks.named(mark) if mark else None
    return (choice.reader, whole, begin) if named is None else (named, whole, begin + len(mark))


def unpacked(value: bytes, start: int) -> tuple[bytes, int]:
    """Return the value and where it begins, decompressed where its frame says that it is compressed.

    Raises:
        ValueError: It cannot be decompressed, or becomes too large.
    """
    frame = frame_of(value) if start else None
    if frame is None or not frame.zlib:
        return value, start
    stream = zlib.decompressobj()
    try:
        found = stream.decompress(value[start:], _MOST_UNPACKED_BYTES)
    except zlib.error as error:
        raise ValueError(f"it cannot be decompressed: {error}") from error
    if stream.unconsumed_tail:
        raise ValueError("it unfolds to far more than its size")
    if not stream.eof:
        raise CutOffError("its compressed bytes have no end")
    if stream.unused_data:
        raise ValueError("there are bytes behind its compressed ones")
    return found, 0


def content_format(headers: HeaderList) -> str:
    """Return the format that the content type of a record names: ``msgpack``, ``cbor``, or nothing."""
    found = ""
    for name, content in headers:
        if name in CONTENT_TYPE_HEADERS and content is not None:
            subtype = content.partition(b";")[0].strip().lower().rpartition(b"/")[2]
            found = _FORMATS.get(subtype.rpartition(b"+")[2], "")
    return found


def choice_left(name: str) -> Choice:
    """Return the choice for a value that nothing but JSON and raw bytes reads: why, where a schema is named."""
    return LEFT if not name else Choice(reason=f"{name}: name the schema in [topics] of workbench.toml to read it")
