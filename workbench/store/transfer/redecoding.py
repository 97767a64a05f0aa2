"""Decodes the records of a snapshot again: new ``events``, the same raw ``records``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.model.records.columns import RECORD
from workbench.store.file.layout import EVENTS_LAYOUT, STORED_EVENT, STORED_RECORD
from workbench.store.file.types import names
from workbench.store.file.views import define_views
from workbench.store.segments.catalogue import known_files
from workbench.store.segments.checksums import RAW_ROWS
from workbench.store.segments.stored_rows import stored_rows
from workbench.store.segments.writing import EventFileWriter
from workbench.store.snapshot.ranges import recount_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import duckdb

    from workbench.model.events.decoding import BulkDecoder
    from workbench.store.snapshot.store import SnapshotStore

_BATCH_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class _Reader:
    """What decodes the records of one source."""

    decoder: BulkDecoder
    topic: str


def redecode(store: SnapshotStore, decoder: BulkDecoder, by_cluster: Mapping[str, BulkDecoder] | None = None) -> int:
    """Decode every record again and replace ``events``; raw records stay as they are.

    All new rows become visible together. Returns the rows decoded.

    Args:
        store: A snapshot open for writing.
        decoder: Decodes the records.
        by_cluster: Decoders for the records of clusters, by cluster id, that have one of their own.

    Raises:
        SnapshotError: The snapshot was opened read-only.
        SnapshotFormatError: A segment file is damaged; nothing was changed.
    """
    own = by_cluster or {}
    readers = {one.source_id: _Reader(own.get(one.cluster_id or "", decoder), one.topic) for one in store.sources()}
    with store.writing():
        with store.transaction() as cursor:
            store.segment_checks.check(cursor, RAW_ROWS)
            before, _ = known_files(cursor)
            rows = _packed(store, cursor, readers) + _segments(cursor, readers, store.folder)
            define_views(cursor)
            recount_values(cursor)
            after, _ = known_files(cursor)
        store.ids.forget()
        store.remove_files(before - after)
    return rows


def _packed(store: SnapshotStore, cursor: duckdb.DuckDBPyConnection, readers: Mapping[int, _Reader]) -> int:
    cursor.execute("DELETE FROM packed_events")
    rows = 0
    with store.cursor() as reading:
        query = f'SELECT {names(STORED_RECORD)} FROM packed_records ORDER BY source_id, "partition", "offset"'  # noqa: S608 - our layout
        for batch in reading.sql(query).to_arrow_reader(_BATCH_ROWS):
            for events in _decoded(pa.table(batch), readers):
                cursor.register("decoded_rows", events)
                cursor.execute(f"INSERT INTO packed_events SELECT {names(STORED_EVENT)} FROM decoded_rows")  # noqa: S608 - same
                cursor.unregister("decoded_rows")
                rows += events.num_rows
    return rows


def _segments(cursor: duckdb.DuckDBPyConnection, readers: Mapping[int, _Reader], folder: Path) -> int:
    rows = 0
    found = cursor.execute("SELECT segment_id, records_file, events_file FROM segments ORDER BY segment_id").fetchall()
    for segment_id, records_file, events_file in found:
        written = EventFileWriter(folder, segment_id, after=events_file)
        try:
            with pq.ParquetFile(folder / records_file) as source:
                for group in range(source.num_row_groups):
                    raw = source.read_row_group(group)
                    events = pa.concat_tables([STORED_EVENT.empty_table(), *_decoded(raw, readers)])
                    written.write(events)
                    rows += events.num_rows
            name, size, checksum = written.finish()
        except BaseException:
            written.discard()
            raise
        cursor.execute(
            "UPDATE segments SET events_file = ?, events_bytes = ?, events_layout = ?, events_crc32c = ? "
            "WHERE segment_id = ?",
            [name, size, EVENTS_LAYOUT, checksum, segment_id],
        )
    return rows


def _decoded(records: pa.Table, readers: Mapping[int, _Reader]) -> Iterator[pa.Table]:
    """Yield decoded rows; consecutive records of one source are decoded together."""
    if not records.num_rows:
        return
    encoded = pc.run_end_encode(pa.concat_arrays(records["source_id"].chunks))
    begin = 0
    for end, number in zip(encoded.run_ends.to_pylist(), encoded.values.to_pylist(), strict=True):
        for at in range(begin, end, _BATCH_ROWS):
            raw = records.slice(at, min(_BATCH_ROWS, end - at)).select(RECORD.names)
            yield stored_rows(number, raw, readers[number].decoder.decode(raw, readers[number].topic))[1]
        begin = end
