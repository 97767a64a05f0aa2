"""The decoder: raw records in, EVENT rows out, in the same order.

Conventions are compiled to tables once; a compiled loop reads each record once and writes columns. Values that the loop
cannot read are given to the formats, which read them to a tree or say why not.
"""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from workbench.buffers.bits import boolean_array, valid_rows
from workbench.decoding.compiled.arrays import one_array
from workbench.decoding.compiled.byte_rows import read_rows_of_bytes
from workbench.decoding.compiled.formats import record_parts, rows_of_other_formats
from workbench.decoding.compiled.key_rows import read_keys
from workbench.decoding.compiled.program import compiled
from workbench.decoding.conventions.registry import builtin_conventions
from workbench.decoding.conventions.selectors import compile_pattern
from workbench.decoding.formats.choice import Choices
from workbench.decoding.formats.registry import BUILTIN_FORMATS, read_value, registered_formats
from workbench.decoding.native.decoder import BatchDecoder
from workbench.decoding.value_tree import MISSING
from workbench.errors import ConfigurationError
from workbench.model.events.envelope import DAMAGED
from workbench.model.records.columns import EVENT
from workbench.model.schemas import Schemas

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from workbench.decoding.conventions.convention import Convention, TopicConvention
    from workbench.decoding.formats.format import Format
    from workbench.decoding.formats.topic_format import TopicFormat

SLICE_ROWS = 1 << 16
"""Rows that are decoded at once."""

_MOST_TOPICS = 1_000
"""Topics whose texts a decoder keeps."""


class Decoder:
    """Decodes batches of raw records of one topic into EVENT rows.

    Pure and picklable: the result depends on the conventions, the topic and the bytes only. May be used from several
    threads at once, and releases the interpreter for most of its time.

    Args:
        conventions: Conventions in order of precedence for equal strength; the built-in ones unless given.
        topic_conventions: Conventions that a person fixed, by topic name.
        formats: Formats of values in order of precedence; unless given, those that are registered when the decoder is
            made, and the built-in ones.
        schemas: Schemas of values that name theirs by an id (`workbench.decoding.formats.framing`).
        topic_formats: Formats of bytes that a person fixed, by topic name.
    """

    def __init__(
        self,
        conventions: Sequence[Convention] | None = None,
        topic_conventions: Mapping[str, TopicConvention] | None = None,
        formats: Sequence[Format] | None = None,
        schemas: Schemas | None = None,
        topic_formats: Mapping[str, TopicFormat] | None = None,
    ) -> None:
        self.conventions = builtin_conventions() if conventions is None else tuple(conventions)
        self.topic_conventions = dict(topic_conventions or {})
        self.formats = registered_formats() if formats is None else tuple(formats)
        self.choices = Choices(Schemas() if schemas is None else schemas, topic_formats or {})
        known = {convention.name for convention in self.conventions}
        for topic, fixed in self.topic_conventions.items():
            if fixed.convention not in known:
                raise ConfigurationError(
                    f"Topic {topic!r} is fixed to the convention {fixed.convention!r}, which does not exist. "
                    f"Define [conventions.{fixed.convention}] or use one of {', '.join(sorted(known))}.",
                )
        self._compiled = compiled(self.conventions)
        self._texts_of_topics: dict[str, list[str | None]] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the configuration; the tables are made anew where they are used."""
        return type(self), (
            self.conventions,
            self.topic_conventions,
            self.formats,
            self.schemas,
            self.choices.topic_formats,
        )

    @property
    def schemas(self) -> Schemas:
        """The schemas that it knows."""
        return self.choices.schemas

    def with_schemas(self, schemas: Schemas) -> Decoder:
        """Return a decoder that knows these schemas, too; its conventions are not compiled anew."""
        more = copy.copy(self)
        known = self.schemas.with_more(schemas.by_id.values(), schemas.referenced, schemas.missing)
        more.choices = self.choices.with_schemas(known)
        return more

    def decode(self, records: pa.RecordBatch | pa.Table, topic: str) -> pa.RecordBatch:
        """Decode records of a topic; one EVENT row for each, in the same order."""
        done = [self._decode_slice(part, topic) for part in _slices(records)]
        if not done:
            return pa.RecordBatch.from_pylist([], schema=EVENT)
        return done[0] if len(done) == 1 else pa.concat_batches(done)

    def _decode_slice(self, records: pa.RecordBatch, topic: str) -> pa.RecordBatch:
        values = records.column("value")
        only_builtin = self.formats == BUILTIN_FORMATS
        others = rows_of_other_formats(topic, records, self.formats)
        read_bytes = read_rows_of_bytes(self.choices, topic, records, others)
        others = others | read_bytes.damaged_rows

        def ask(row: int) -> tuple[bytes | None, bytes | None, bytes | None, list[bytes]]:
            if row in read_bytes.damage:
                damage, problem = read_bytes.damage[row]
                return DAMAGED.encode(), None, damage.encode(), [problem.encode()]
            # The built-in formats look at the value alone, and headers cost more than a damaged value.
            ((headers, value),) = [((), values[row].as_py())] if only_builtin else record_parts(records.slice(row, 1))
            read = read_value(topic, headers, value, self.formats, self.choices)
            text, problems = json_text(read.tree), set(read.problems)
            if text is None and read.tree is not MISSING:
                problems.add(f"unreadable_value:{read.format}")
            return _bytes(read.format), text, _bytes(read.damage), [code.encode() for code in problems]

        decoder = BatchDecoder(
            self._compiled.program,
            self._topic_texts(topic),
            self._fixed(topic),
            records.column("headers"),
            read_bytes.values,
            pa.py_buffer(others.view(np.uint8)),
            ask,
            only_builtin,
        )
        columns = decoder.decode(records.num_rows) | {name: records.column(name) for name in ("partition", "offset")}
        columns["tombstone"] = boolean_array(~valid_rows(values))
        columns |= read_bytes.columns(columns["format"])
        columns["decoded_key"] = read_keys(self.choices, records.column("key"))
        return pa.RecordBatch.from_arrays([columns[name] for name in EVENT.names], schema=EVENT)

    def _topic_texts(self, topic: str) -> list[str | None]:
        # Kept, because in a call of few rows the patterns would cost as much as the rows.
        texts = self._texts_of_topics.get(topic)
        if texts is None:
            found = (compile_pattern(pattern).fullmatch(topic) for pattern in self._compiled.topics)
            texts = [None if match is None or not match[1] else match[1] for match in found]
            if len(self._texts_of_topics) >= _MOST_TOPICS:
                self._texts_of_topics.clear()
            self._texts_of_topics[topic] = texts
        return texts

    def _fixed(self, topic: str) -> tuple[int, bool, bool]:
        fixed = self.topic_conventions.get(topic)
        if fixed is None:
            return -1, False, False
        reads_value = any(one.reads_value for one in self.conventions if one.name == fixed.convention)
        return self._compiled.name_of(fixed.convention), fixed.force, reads_value


def json_text(tree: Any) -> bytes | None:
    """Write a value tree as JSON; None for `MISSING`, and for a tree that is too deep or holds itself.

    Numbers that JSON does not have become texts. What is no part of a tree becomes an empty list: no selector reads it.
    """
    try:
        return None if tree is MISSING else json.dumps(_plain(tree), default=lambda _: [], skipkeys=True).encode()
    except RecursionError:
        return None


def _plain(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {name: _plain(value) for name, value in tree.items()}
    if isinstance(tree, list):
        return [_plain(value) for value in tree]
    return str(tree) if isinstance(tree, float) else tree


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else text.encode()


def _slices(records: pa.RecordBatch | pa.Table) -> Iterator[pa.RecordBatch]:
    for start in range(0, records.num_rows, SLICE_ROWS):
        part = records.slice(start, SLICE_ROWS)
        columns = [one_array(part.column(name)) for name in part.schema.names]
        yield pa.RecordBatch.from_arrays(columns, schema=part.schema)
