"""The bulk decoder: raw records in, EVENT rows out, in the same order.

Records are grouped by shape (header names, top-level JSON members), the convention is decided once per group, and
columns are read in bulk; rows that this cannot be trusted with go through the per-record decoder.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from workbench.decoding.columns.arrays import one_array, runs
from workbench.decoding.columns.assembly import envelope_columns, event_batch, group_columns, in_order
from workbench.decoding.columns.bodies import Members, find_bodies
from workbench.decoding.columns.formats import record_parts, rows_of_other_formats
from workbench.decoding.columns.group import ExactError, GroupFacts, Rows, SplitError
from workbench.decoding.columns.headers import header_shapes, names_read
from workbench.decoding.conventions.decision import decide
from workbench.decoding.conventions.registry import builtin_conventions
from workbench.decoding.formats.registry import registered_formats
from workbench.decoding.record import decode_parts
from workbench.errors import ConfigurationError
from workbench.model.records.columns import EVENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from workbench.decoding.conventions.convention import Convention, TopicConvention
    from workbench.decoding.conventions.decision import Decision
    from workbench.decoding.formats.format import Format

SLICE_ROWS = 1 << 16
"""Rows that are decoded at once."""
SMALLEST_GROUP = 16
"""Below this a group costs more than its rows one by one."""


class Decoder:
    """Decodes batches of raw records of one topic into EVENT rows.

    Pure and picklable: the result depends on the conventions, the topic and the bytes only. May be used from several
    threads at once, and releases the interpreter for most of its time.

    Args:
        conventions: Conventions in order of precedence for equal strength; the built-in ones unless given.
        topic_conventions: Conventions that a person fixed, by topic name.
        formats: Formats of values in order of precedence; unless given, those that are registered when the decoder is
            made, and the built-in ones.
    """

    def __init__(
        self,
        conventions: Sequence[Convention] | None = None,
        topic_conventions: Mapping[str, TopicConvention] | None = None,
        formats: Sequence[Format] | None = None,
    ) -> None:
        self.conventions = builtin_conventions() if conventions is None else tuple(conventions)
        self.topic_conventions = dict(topic_conventions or {})
        self.formats = registered_formats() if formats is None else tuple(formats)
        known = {convention.name for convention in self.conventions}
        for topic, fixed in self.topic_conventions.items():
            if fixed.convention not in known:
                raise ConfigurationError(
                    f"Topic {topic!r} is fixed to the convention {fixed.convention!r}, which does not exist. "
                    f"Define [conventions.{fixed.convention}] or use one of {', '.join(sorted(known))}.",
                )
        self._members = Members(self.conventions)
        self._names = names_read(self.conventions)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the configuration; the tables are made anew where they are used."""
        return type(self), (self.conventions, self.topic_conventions, self.formats)

    def decode(self, records: pa.RecordBatch | pa.Table, topic: str) -> pa.RecordBatch:
        """Decode records of a topic; one EVENT row for each, in the same order."""
        done = [self._decode_slice(part, topic) for part in _slices(records)]
        if not done:
            return pa.RecordBatch.from_pylist([], schema=EVENT)
        return done[0] if len(done) == 1 else pa.concat_batches(done)

    def _decode_slice(self, records: pa.RecordBatch, topic: str) -> pa.RecordBatch:
        values = records.column("value")
        header_of, shapes, within = header_shapes(records.column("headers"), *self._names)
        bodies = find_bodies(values, self._members)
        exact = bodies.exact.copy()
        exact |= np.array([shape.exact for shape in shapes], bool)[header_of]
        exact |= rows_of_other_formats(topic, records, self.formats)
        pairs = header_of * len(bodies.shapes) + bodies.shape_of
        open_rows = np.flatnonzero(~exact)
        left = [np.flatnonzero(exact)]
        groups: list[GroupFacts] = []
        for pair, members in runs(pairs[open_rows]):
            mine = open_rows[members]
            header, body = divmod(pair, len(bodies.shapes))
            if len(mine) < SMALLEST_GROUP:
                left.append(mine)
                continue
            rows = Rows(mine, within[mine], bodies.within[mine])
            groups.append(GroupFacts(topic, rows, shapes[header], bodies.shapes[body]))
        positions = _positions(records)
        batches: list[pa.RecordBatch] = []
        places: list[NDArray[np.int64]] = []
        for facts in groups:
            for group, columns in self._decided(facts, left):
                places.append(group.rows.batch)
                batches.append(event_batch(columns, _rows(positions, group.rows.batch)))
        remaining = np.sort(np.concatenate(left))
        if len(remaining):
            places.append(remaining)
            some = _rows(records.select(["headers", "value"]), remaining)
            batches.append(event_batch(self._decode_exactly(some, topic), _rows(positions, remaining)))
        return in_order(batches, places)

    def _candidates(self, facts: GroupFacts) -> list[Convention]:
        """Return the conventions that can match the names and members of a group, and the one fixed for the topic."""
        names, members = frozenset(facts.headers.names), facts.body.members
        fixed = self.topic_conventions.get(facts.topic)
        return [
            convention
            for convention in self.conventions
            if convention.may_match(names, members) or (fixed is not None and convention.name == fixed.convention)
        ]

    def _decided(
        self, facts: GroupFacts, left: list[NDArray[np.int64]]
    ) -> Iterator[tuple[GroupFacts, dict[str, pa.Array]]]:
        """Yield groups with one answer to every question, and their columns; other rows are added to ``left``."""
        fixed = self.topic_conventions.get(facts.topic)
        conventions = self._candidates(facts)
        waiting = [facts]
        while waiting:
            group = waiting.pop()
            if len(group) < SMALLEST_GROUP:
                left.append(group.rows.batch)
                continue
            try:
                decision = decide(group, conventions, fixed)
                _refuse_dead_letters(decision, group)
                columns = group_columns(decision, group)
            except SplitError as split:
                waiting += [group.part(split.mask), group.part(~split.mask)]
            except ExactError:
                left.append(group.rows.batch)
            else:
                yield group, columns

    def _decode_exactly(self, records: pa.RecordBatch, topic: str) -> dict[str, pa.Array]:
        fixed = self.topic_conventions.get(topic)
        envelopes = [
            decode_parts(topic, headers, value, self.conventions, fixed, formats=self.formats)
            for headers, value in record_parts(records)
        ]
        return envelope_columns(envelopes)


def _refuse_dead_letters(decision: Decision, facts: GroupFacts) -> None:
    """Leave dead letters whose body names their original to the per-record decoder: it reads the whole body."""
    hook = None if decision.convention is None else decision.convention.code.dead_letters
    if hook is None:
        return
    event_type = decision.places.get("event_type")
    if decision.dialect in hook.dialects:
        raise ExactError
    if hook.event_type is not None and event_type is not None and facts.equals(event_type, hook.event_type):
        raise ExactError


def _slices(records: pa.RecordBatch | pa.Table) -> Iterator[pa.RecordBatch]:
    for start in range(0, records.num_rows, SLICE_ROWS):
        part = records.slice(start, SLICE_ROWS)
        columns = [one_array(part.column(name)) for name in part.schema.names]
        yield pa.RecordBatch.from_arrays(columns, schema=part.schema)


def _positions(records: pa.RecordBatch) -> pa.RecordBatch:
    """Return the columns of the records that are copied into event rows."""
    columns = {name: records.column(name) for name in ("partition", "offset")}
    return pa.RecordBatch.from_pydict({**columns, "tombstone": records.column("value").is_null()})


def _rows(records: pa.RecordBatch, rows: NDArray[np.int64]) -> pa.RecordBatch:
    return records if len(rows) == records.num_rows else records.take(pa.array(rows))
