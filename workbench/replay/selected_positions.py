"""Finds the positions of the records that a user selected for a replay, whichever way they were selected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from workbench.buffers.ascending import rows_ascend
from workbench.errors import ValidationError
from workbench.text import counted, is_position, parse_position

if TYPE_CHECKING:
    from collections.abc import Iterable

    from workbench.store.snapshot.store import SnapshotStore

POSITIONS = pa.schema([("source_id", pa.int32()), ("partition", pa.int32()), ("offset", pa.int64())])
_FORMS = (
    "an SQL condition over events, a frame with partition, offset and source_id or topic, a trace, "
    "the selection of a table or graph, or positions written like orders/3@1842"
)


def positions_of(store: SnapshotStore, selection: Any) -> tuple[pa.Table, str]:
    """Find the positions that a selection means, each once, and describe in a line how they were selected.

    Args:
        store: The snapshot.
        selection: An SQL condition over ``events``; a pandas or Arrow table; a trace or causal graph; identities that a
            widget selected; positions written as ``topic/partition@offset``, one or several.

    Raises:
        ValidationError: It names no records, or some that the snapshot does not hold.
        PositionError: A text in a list is not a position.
        QueryError: DuckDB cannot evaluate the condition.

    Returns:
        A table of `POSITIONS` and the description.
    """
    if isinstance(selection, str) and is_position(selection):
        selection = [selection]
    if isinstance(selection, str):
        return _checked(store.position_table(selection)), f"where {selection}"
    if hasattr(selection, "positions") and callable(selection.positions):
        return _of_events(selection), _summary_of(selection)
    if isinstance(selection, pa.Table):
        return _of_columns(store, {name: selection[name] for name in selection.column_names}), "a table of positions"
    if hasattr(selection, "columns") and hasattr(selection, "loc"):
        return _of_columns(store, {str(name): pa.array(selection[name]) for name in selection.columns}), "a frame"
    try:
        identities = list(selection)
    except TypeError:
        raise ValidationError(f"Records are selected by {_FORMS}; not by {type(selection).__name__}.") from None
    return _of_identities(store, identities), f"{counted(len(identities), 'record')} picked by hand"


def _of_events(graph: Any) -> pa.Table:
    found = graph.positions()
    columns = [[getattr(place, name) for place in found] for name in POSITIONS.names]
    return _checked(pa.table(columns, schema=POSITIONS))


def _summary_of(graph: Any) -> str:
    return str(getattr(graph, "summary", "")) or f"{counted(len(graph.positions()), 'event')} of a causal graph"


def _of_columns(store: SnapshotStore, columns: dict[str, Any]) -> pa.Table:
    absent = [name for name in ("partition", "offset") if name not in columns]
    if absent or not columns.keys() & {"source_id", "topic"}:
        raise ValidationError(
            f"The frame to replay lacks {', '.join(absent) or 'source_id or topic'}; "
            "select source_id, partition and offset in the query.",
        )
    if "source_id" not in columns:
        newest = _newest_sources(store)
        topics = columns["topic"].to_pylist()
        unknown = sorted({str(topic) for topic in topics} - newest.keys())
        if unknown:
            raise ValidationError(f"The snapshot has no topic {unknown[0]!r}; it has {', '.join(sorted(newest))}.")
        columns["source_id"] = pa.array([newest[topic] for topic in topics])
    cast = [_cast(columns[name], name, POSITIONS.field(name).type) for name in POSITIONS.names]
    return _checked(pa.table(cast, schema=POSITIONS))


def _cast(column: Any, name: str, kind: pa.DataType) -> Any:
    try:
        return column.cast(kind)
    except pa.ArrowException as error:
        raise ValidationError(f"Column {name} of the frame to replay holds {column.type}, not {kind}.") from error


def _of_identities(store: SnapshotStore, identities: Iterable[Any]) -> pa.Table:
    newest = _newest_sources(store)
    rows = []
    for given in identities:
        identity = parse_position(given) if isinstance(given, str) else given
        topic = getattr(identity, "topic", None)
        if topic is None or not hasattr(identity, "partition") or not hasattr(identity, "offset"):
            raise ValidationError(f"Records are selected by {_FORMS}; not by {type(given).__name__}.")
        if topic not in newest:
            raise ValidationError(f"The snapshot has no topic {topic!r}: capture it first, then select from it.")
        rows.append((newest[topic], identity.partition, identity.offset))
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return _checked(pa.table([pa.array(column) for column in columns], names=POSITIONS.names).cast(POSITIONS))


def _newest_sources(store: SnapshotStore) -> dict[str, int]:
    return {source.topic: source.source_id for source in sorted(store.sources(), key=lambda one: one.source_id)}


def _checked(table: pa.Table) -> pa.Table:
    unique = table.cast(POSITIONS).select(POSITIONS.names)
    if not rows_ascend(unique, POSITIONS.names):
        unique = unique.group_by(POSITIONS.names).aggregate([]).select(POSITIONS.names)
    if not unique.num_rows:
        raise ValidationError("The selection is empty: no record of the snapshot is meant.")
    return unique
