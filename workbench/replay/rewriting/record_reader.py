"""Reads records that are rewritten as they were decoded: their body, how it is encoded again, their ids and fields."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.decoding.formats.encoding import encoded_value
from workbench.decoding.formats.framing import frame_of
from workbench.decoding.formats.json import BYTE_ORDER_MARK, CONNECT_WRAPPER, behind_prefix
from workbench.decoding.formats.value_writer import NotWritableError
from workbench.decoding.id_places import find_ids
from workbench.decoding.validation import json_checker
from workbench.errors import ConfigurationError
from workbench.replay.rewriting.json_body import NotRewritable, read_body, write_body
from workbench.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pyarrow as pa

    from workbench.decoding import Decoder
    from workbench.decoding.id_places import IdPlace
    from workbench.decoding.validation import Fault
    from workbench.model import HeaderList


@dataclass(frozen=True, slots=True)
class Body:
    """The decoded body of a record.

    Attributes:
        tree: Its value, as plain JSON values; without the wrapper of Kafka Connect.
    """

    tree: Any
    _write: Callable[[Any], bytes]

    def written(self, tree: Any) -> bytes:
        """Return the bytes with another tree, in the encoding of the body.

        Raises:
            NotRewritable: The encoding has no place for it.
        """
        try:
            return self._write(tree)
        except NotWritableError as error:
            raise NotRewritable(f"it cannot be written again: {error}") from error


def _built_in() -> Decoder:
    from workbench.decoding import Decoder

    return Decoder()


@dataclass(frozen=True, slots=True)
class RecordReader:
    """Reads records of one topic.

    Attributes:
        topic: The topic by whose settings they are read.
        decoder: Conventions, formats and schemas; the built-in ones unless given.
    """

    topic: str
    decoder: Decoder = field(default_factory=_built_in)
    _checks: dict[int, Callable[[Any], list[Fault]]] = field(default_factory=dict, repr=False, compare=False)
    """What checks bodies by JSON schemas, by the ids of these."""

    def body(self, headers: HeaderList, value: bytes | None) -> Body:
        """Read the body of a record that is to be rewritten.

        Raises:
            NotRewritable: It cannot be read, or could not be written again with nothing else changed in it.
        """
        if value is None:
            raise NotRewritable("its value is null")
        try:
            found = encoded_value(self.decoder.choices, self.topic, headers, value)
        except NotWritableError as error:
            raise NotRewritable(f"its value cannot be rewritten: {error}") from error
        if found is not None:
            return _opened(found.tree, found.written)
        text = behind_prefix(value).removeprefix(BYTE_ORDER_MARK)
        before = value[: len(value) - len(text)]
        check = self._check_of(value)
        return _opened(read_body(text), lambda tree: before + write_body(_checked(tree, check)))

    def _check_of(self, value: bytes) -> Callable[[Any], list[Fault]] | None:
        """Return what checks a body by the JSON schema that its frame names; None where it names none that is known."""
        frame, schemas = frame_of(value), self.decoder.choices.schemas
        schema = None if frame is None else schemas.by_id.get(frame.id)
        if schema is None or schema.type != "JSON":
            return None
        if schema.id not in self._checks:
            try:
                self._checks[schema.id] = json_checker(schema, schemas.referenced)
            except ConfigurationError as error:
                raise NotRewritable(f"its schema cannot be used: {error.message}") from error
        return self._checks[schema.id]

    def ids(
        self, headers: HeaderList, value: bytes | None, matched: frozenset[str] | None = None
    ) -> tuple[IdPlace, ...]:
        """Find the ids of a record; see `find_ids`."""
        return find_ids(self.topic, headers, value, self.decoder, matched)

    def events(self, records: pa.RecordBatch) -> pa.RecordBatch:
        """Decode records to EVENT rows."""
        return self.decoder.decode(records, self.topic)


def reader_of(readers: Mapping[int, RecordReader], source_id: int, topic: str) -> RecordReader:
    """Return the reader of a source; one of the built-in conventions where none is known."""
    return readers.get(source_id) or RecordReader(topic)


def _checked(tree: Any, check: Callable[[Any], list[Fault]] | None) -> Any:
    try:
        faults = [] if check is None else check(tree)
    except (ConfigurationError, RecursionError) as error:
        raise NotRewritable(f"it cannot be checked by its schema: {error}") from error
    if faults:
        place, text = faults[0]
        more = f", and {counted(len(faults) - 1, 'more fault')}" if len(faults) > 1 else ""
        raise NotRewritable(f"its schema refuses it: {place}: {visible(text, 200)}{more}")
    return tree


def _opened(tree: Any, write: Callable[[Any], bytes]) -> Body:
    """Return a body without the wrapper of Kafka Connect, as conventions read it."""
    if isinstance(tree, dict) and tree.keys() == CONNECT_WRAPPER:
        return Body(tree["payload"], lambda payload: write({**tree, "payload": payload}))
    return Body(tree, write)
