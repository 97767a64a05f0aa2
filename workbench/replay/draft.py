"""A draft: selected records and the options of a replay. Making one reads no broker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import ValidationError
from workbench.model.records.columns import RECORD
from workbench.replay.options import Options
from workbench.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from workbench.model.selecting.selection import SelectedSource

POSITION = ("source_id", "partition", "offset")
DECODED = ("event_id", "event_type", "correlation_id", "convention", "dialect", "origin")
"""Columns of the decoded row that a plan can use; each may be missing."""

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
        **options: See `Options`.

    Raises:
        TypeError: An unknown option.
        ConfigurationError: An option with a value it does not allow.
        ValidationError: The table is not a selection of records.
    """

    __slots__ = ("description", "options", "origin", "records", "sources")

    def __init__(
        self,
        records: pa.Table,
        *,
        sources: Iterable[SelectedSource],
        description: str = "",
        origin: object = None,
        **options: Any,
    ) -> None:
        self.options = Options.parse(options)
        self.sources: dict[int, SelectedSource] = {source.source_id: source for source in sources}
        self.records = _checked(records, self.sources)
        self.description = description
        self.origin = origin

    def replace(self, **options: Any) -> Draft:
        """Return the same selection with some options changed.

        Raises:
            TypeError: An unknown option.
            ConfigurationError: An option with a value it does not allow.
        """
        return self.with_options(self.options.changed(options))

    def with_options(self, options: Options) -> Draft:
        """Return the same selection with these options."""
        draft = Draft.__new__(Draft)
        draft.options = options
        draft.sources, draft.records = self.sources, self.records
        draft.description, draft.origin = self.description, self.origin
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
        return f"<Draft: {count} of {', '.join(self.topics) or 'no topic'}{how}; plan it with cluster.plan(draft)>"


def join_decoded(records: pa.Table, events: pa.Table) -> pa.Table:
    """Append to raw records the decoded columns at the same positions; null where an event is missing.

    Args:
        records: RECORD columns and ``source_id``, ``cluster``, ``topic``.
        events: EVENT columns and ``source_id``.
    """
    wanted, offered = _position_keys(records), _position_keys(events)
    order = np.argsort(offered)
    found = np.searchsorted(offered, wanted, sorter=order)
    inside = found < len(offered)
    rows = order[np.where(inside, found, 0)] if len(offered) else np.zeros(len(wanted), np.int64)
    hit = inside & (offered[rows] == wanted) if len(offered) else np.zeros(len(wanted), bool)
    take = pa.array(rows, pa.int64(), mask=~hit)
    for name in DECODED:
        if name in events.column_names:
            column = events[name].take(take) if len(offered) else pa.nulls(len(wanted), events[name].type)
            records = records.append_column(name, column)
    return records


def _position_keys(table: pa.Table) -> np.ndarray[Any, Any]:
    keys = np.empty(table.num_rows, dtype=[("source_id", ">i8"), ("partition", ">i8"), ("offset", ">i8")])
    for name in POSITION:
        keys[name] = table[name].to_numpy()
    return keys.view("S24").ravel()


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
        if name == "cluster":
            column = pc.fill_null(column, UNKNOWN_CLUSTER)
        records = records.set_column(index, pa.field(name, kind), column)
    unknown = sorted(set(pc.unique(records["source_id"]).to_pylist()) - set(sources))
    if unknown:
        raise ValidationError(f"Nothing is known about the capture of source {unknown[0]}; pass it in sources=.")
    keys = _position_keys(records)
    if len(np.unique(keys)) != len(keys):
        raise ValidationError("The selection holds a position more than once; select each record once.")
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
