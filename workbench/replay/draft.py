"""A draft: selected records and the options of a replay. Making one reads no broker."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.buffers.ascending import rows_ascend
from workbench.buffers.known_texts import among, marks_of
from workbench.buffers.mapped import batches_of, release
from workbench.errors import ConfigurationError, ValidationError
from workbench.model.records.columns import RECORD
from workbench.replay.options import Options
from workbench.replay.record_positions import POSITION, position_keys
from workbench.replay.rewriting.edits import Change, edited, make_edits, make_header_edits, pairs_of
from workbench.replay.rewriting.header_edits import HeaderEdit
from workbench.replay.rewriting.json_body import NotRewritable
from workbench.replay.rewriting.kept_edits import NO_EDITS, Edits
from workbench.replay.rewriting.record_reader import reader_of
from workbench.text import counted, position_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from workbench.model.selecting.selection import SelectedSource
    from workbench.replay.expected_effects import ExpectedEffects
    from workbench.replay.rewriting.edits import Fix
    from workbench.replay.rewriting.record_reader import RecordReader

DECODED = ("event_id", "event_type", "correlation_id", "convention", "dialect", "origin")
"""Columns of the decoded row that a plan can use; each may be missing."""

_CAUSES = "causes"

JOINED = (*POSITION, *DECODED, _CAUSES)
"""Columns of decoded rows that `with_decoded` takes."""

CAUSED = "caused"
"""Column that marks the records which name another selected one as their cause."""

UNKNOWN_CLUSTER = "unknown"
"""Cluster name in the provenance headers of an imported record whose cluster was not stored."""

_SOURCE = {"source_id": pa.int32(), "cluster": pa.string(), "topic": pa.string()}


class Draft:
    """Selected records, with the options of their replay.

    Args:
        records: One row for each record: the RECORD columns and ``source_id``, ``cluster``, ``topic``; optionally
            columns of the decoded row (`DECODED`), and ``missing``, the reason why the raw bytes of a row are
            incomplete (masked at capture, truncated), null where they are complete.
        sources: How each source was captured.
        description: How the records were selected, in one line.
        origin: The snapshot that the records were selected from; a run of the plan is journaled there.
        readers: What reads the records of each source when they are rewritten, by source id; by the built-in
            conventions and without schemas unless given.
        edits: Edits of the records; see `edit`.
        raw: Positions of masked records, and their key, value and headers as they were; only sent, never shown.
        expected: What consumers are expected to make of a stimulus.
        **options: See `Options`.

    Raises:
        TypeError: An unknown option.
        ConfigurationError: An option with a value it does not allow.
        ValidationError: The table is not a selection of records.
    """

    __slots__ = ("description", "edits", "expected", "options", "origin", "raw", "readers", "records", "sources")

    def __init__(
        self,
        records: pa.Table,
        *,
        sources: Iterable[SelectedSource],
        description: str = "",
        origin: object = None,
        readers: Mapping[int, RecordReader] | None = None,
        edits: Edits = NO_EDITS,
        raw: pa.Table | None = None,
        expected: ExpectedEffects | None = None,
        **options: Any,
    ) -> None:
        self.raw = raw
        self.expected = expected
        self.options = Options.parse(options)
        self.sources: dict[int, SelectedSource] = {source.source_id: source for source in sources}
        self.records = _checked(records, self.sources)
        self.description = description
        self.origin = origin
        self.readers = readers or {}
        self.edits = edits

    def replace(self, **options: Any) -> Draft:
        """Return the same selection with some options changed.

        Raises:
            TypeError: An unknown option.
            ConfigurationError: An option with a value it does not allow.
        """
        changed = self.options.changed(options)
        if changed.mode == "stimulus" and self.options.mode != "stimulus":
            raise ConfigurationError(
                "A stimulus is a selection of its own, the roots of another one: snap.replay(…, mode='stimulus').",
            )
        return self.with_options(changed)

    def with_options(self, options: Options) -> Draft:
        """Return the same selection with these options."""
        draft = self._copy()
        draft.options = options
        return draft

    def with_edits(self, edits: Edits) -> Draft:
        """Return the same selection with these edits."""
        draft = self._copy()
        draft.edits = edits
        return draft

    def edit(self, fix: Fix, *, columns: bool = False) -> Draft:
        """Return the same selection with edited bodies. Each edit is kept as a JSON patch (RFC 6902) of its record.

        Args:
            fix: A function that gets the decoded body of each record and returns the new one; a JSON patch for all
                records; or JSON patches by ``topic/partition@offset``. Paths below ``/@headers`` mean headers.
            columns: The function takes all records as an Arrow table, and returns the new values as a column, or a
                table with the column ``value``.

        Raises:
            ConfigurationError: It is no patch, or a record would be edited twice.
            ValidationError: A position is not selected.
        """
        return self.with_edits(self.edits.joined(make_edits(self.records, fix, self.readers, columns=columns)))

    def edit_headers(
        self,
        function: Callable[[list[tuple[str, bytes | None]]], Iterable[tuple[str, str | bytes | None]]] | None = None,
        *,
        set: Mapping[str, str | bytes | None] | None = None,  # noqa: A002 - the word for it
        remove: Sequence[str] = (),
        rename: Mapping[str, str] | None = None,
    ) -> Draft:
        """Return the same selection with edited headers: removed, then renamed, then set, or by a function.

        Args:
            function: Gets the headers of each record, pairs of a name and its bytes, and returns the new ones.
            set: Contents by name: None for a header that is null, or a text that may have ``{topic}``,
                ``{partition}``, ``{offset}``, ``{timestamp_ms}``, ``{key}``, ``{event_id}``, ``{event_type}``,
                ``{correlation_id}`` and, for what the header was, ``{old}``. A header that is there keeps its place.
            remove: Names, with * for any text.
            rename: New names by old ones; a header keeps its place.

        Raises:
            ConfigurationError: A name or field that cannot be, or the headers of a record would be edited twice.
        """
        edit = HeaderEdit(set or {}, remove, rename or {}, function)
        return self.with_edits(self.edits.joined(make_header_edits(self.records, edit)))

    @property
    def changes(self) -> tuple[Change, ...]:
        """What the edits change, for each edited record: ``position``, ``diff``, and the values and headers."""
        return tuple(self.each_change())

    def each_change(self) -> Iterator[Change]:
        """Yield the `changes` one by one; the first ones of many cost little."""
        for batch in batches_of(self.records.select([*POSITION, "topic", "value", "headers"])):
            patches = self.edits.found(batch)[0]
            rows = np.flatnonzero(pc.is_valid(patches).to_numpy(zero_copy_only=False)).tolist()
            for row in rows:
                (record,) = batch.slice(row, 1).to_pylist()
                change = self._change(record, json.loads(patches[row].as_py()))
                if change is not None:
                    yield change

    def _change(self, record: Mapping[str, Any], patch: Sequence[dict[str, Any]]) -> Change | None:
        value, headers = record["value"], pairs_of(record)
        reader = reader_of(self.readers, record["source_id"], record["topic"])
        try:
            after = edited(reader, value, headers, patch)
        except NotRewritable:
            return None  # the plan refuses this record, and says why
        at = position_text(record["topic"], record["partition"], record["offset"])
        return None if after == (value, headers) else Change.of(at, reader, (value, headers), after)

    def _copy(self) -> Draft:
        draft = Draft.__new__(Draft)
        for name in self.__slots__:
            setattr(draft, name, getattr(self, name))
        return draft

    @property
    def topics(self) -> list[str]:
        """Names of the source topics, sorted."""
        return sorted(pc.unique(self.records["topic"]).to_pylist())

    def __len__(self) -> int:
        return int(self.records.num_rows)

    def __repr__(self) -> str:
        count = counted(len(self), "record")
        how = f", {self.description}" if self.description else ""
        if len(self.edits):
            how += f", {counted(len(self.edits), 'edit')}"
        return f"<Draft: {count} of {', '.join(self.topics) or 'no topic'}{how}; plan it with cluster.plan(draft)>"


def join_decoded(records: pa.Table, events: pa.Table) -> pa.Table:
    """Append to raw records the decoded columns at the same positions; null where an event is missing.

    Args:
        records: RECORD columns and ``source_id``, ``cluster``, ``topic``.
        events: EVENT columns and ``source_id``.
    """
    return mark_caused(with_decoded(records, events))


def with_decoded(records: pa.Table, events: pa.Table) -> pa.Table:
    """Append the decoded columns like `join_decoded`, with the causes of each event instead of `CAUSED`."""
    wanted, offered = position_keys(records), position_keys(events)
    order = np.argsort(offered)
    found = np.searchsorted(offered, wanted, sorter=order)
    inside = found < len(offered)
    rows = order[np.where(inside, found, 0)] if len(offered) else np.zeros(len(wanted), np.int64)
    hit = inside & (offered[rows] == wanted) if len(offered) else np.zeros(len(wanted), bool)
    take = pa.array(rows, pa.int64(), mask=~hit)
    for name in (*DECODED, _CAUSES):
        if name in events.column_names:
            column = events[name].take(take) if len(offered) else pa.nulls(len(wanted), events[name].type)
            records = records.append_column(name, column)
    return records


def mark_caused(records: pa.Table) -> pa.Table:
    """Replace the causes of records by the mark that says whether one of them is selected."""
    if _CAUSES not in records.column_names:
        return records
    selected = marks_of(records, "event_id")
    marked = []
    for batch in batches_of(records.select([_CAUSES])):
        causes = batch.column(0)
        hits = among(causes.flatten().field("value"), selected)
        caused = np.zeros(len(causes), bool)
        caused[pc.list_parent_indices(causes).filter(pa.array(hits)).to_numpy()] = True
        marked.append(pa.array(caused))
    records = records.drop_columns([_CAUSES])
    return records.append_column(CAUSED, pa.chunked_array(marked, pa.bool_()))


def _repeats(records: pa.Table) -> bool:
    keys = position_keys(records)
    return len(np.unique(keys)) != len(keys)


def _checked(records: pa.Table, sources: Mapping[int, SelectedSource]) -> pa.Table:
    wanted = {**{item.name: item.type for item in RECORD}, **_SOURCE}
    absent = [name for name in wanted if name not in records.column_names]
    if absent:
        raise ValidationError(
            f"The table to replay has no column {', '.join(absent)}. A replay needs whole raw records: select them by "
            "position, not as decoded or shortened columns.",
        )
    for name, kind in wanted.items():
        index = records.schema.get_field_index(name)
        column = _cast(records.column(name), name, kind)
        if name == "cluster" and column.null_count:
            column = pc.fill_null(column, UNKNOWN_CLUSTER)
        records = records.set_column(index, pa.field(name, kind), column)
    unknown = sorted(set(pc.unique(records["source_id"]).to_pylist()) - set(sources))
    if unknown:
        raise ValidationError(f"Nothing is known about the capture of source {unknown[0]}; pass it in sources=.")
    if not rows_ascend(records, POSITION) and _repeats(records):
        raise ValidationError("The selection holds a position more than once; select each record once.")
    release()
    return records


def _cast(column: pa.ChunkedArray, name: str, kind: pa.DataType) -> pa.ChunkedArray:
    if column.null_count and name not in ("key", "value", "cluster"):
        raise ValidationError(f"Column {name} of the table to replay holds nulls; select whole raw records.")
    if column.type == kind:
        return column
    try:
        return column.cast(kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise ValidationError(f"Column {name} of the table to replay is {column.type}, not {kind}.") from error
