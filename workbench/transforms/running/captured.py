"""Reads the records of a snapshot as batches for a transform, a few megabytes at once."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from workbench.store.sql.reserved_words import readable_condition
from workbench.store.transfer.whole_values import VECTOR_ROWS, value_columns, with_large_values
from workbench.transforms.batches import cut_batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pyarrow as pa

    from workbench.store import SnapshotStore
    from workbench.transforms.batches import Batch

_READ_ROWS = 2_000
_COLUMNS = f'source_id, "partition", "offset", timestamp_ms, timestamp_type, key, {value_columns()}, headers'
_POSITION = 'source_id, "partition", "offset"'
_SOURCE = "wb_source"


def captured_batches(
    store: SnapshotStore,
    source_id: int,
    *,
    where: str | None,
    params: Mapping[str, Any] | None,
    limit: int | None,
) -> Iterator[tuple[int, Iterator[Batch]]]:
    """Yield each partition of a source with its batches, both in ascending order.

    The batches of a partition have to be used before the next one is asked for.

    Args:
        store: The snapshot.
        source_id: The source.
        where: An SQL condition over the columns of ``events``.
        params: Values of the ``$names`` in it.
        limit: Most records, of all partitions together.

    Raises:
        QueryError: The condition cannot be answered.
        SnapshotFormatError: A segment file is damaged.
    """
    values = {**(params or {}), _SOURCE: source_id}
    query = _query(where, limit)
    with store.record_batches(query, where, values, VECTOR_ROWS) as reader:
        tables = with_large_values(reader, lambda picked: store.record_table(positions=picked), _READ_ROWS)
        yield from groupby(_batches(tables), key=lambda batch: batch.partition)


def _batches(tables: Iterator[pa.Table]) -> Iterator[Batch]:
    for table in tables:
        yield from cut_batches(table)


def _query(where: str | None, limit: int | None) -> str:
    rows = "records"
    if where is not None:
        matching = f"SELECT {_POSITION} FROM events WHERE ({readable_condition(where)}\n)"  # noqa: S608 - the condition is the user's own
        rows = f"(SELECT * FROM records SEMI JOIN ({matching}) USING ({_POSITION}))"  # noqa: S608 - same
    most = "" if limit is None else f"LIMIT {int(limit)}"
    return f"SELECT {_COLUMNS} FROM {rows} WHERE source_id = ${_SOURCE} ORDER BY {_POSITION} {most}"  # noqa: S608 - same
