"""Opens the index of a snapshot's ids: the files of its segments, and what has to be indexed in memory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq

from workbench.store.ids.entries import COLUMNS, entries_of
from workbench.store.ids.id_file import open_ids, sorted_entries
from workbench.store.ids.names import ids_name
from workbench.store.ids.parts import IdParts, IndexedRows
from workbench.store.segments.checksums import DECODED_ROWS

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb

    from workbench.store.ids.search import SortedEntries
    from workbench.store.segments.checksums import SegmentChecks

_PACKED = ("source_id", "partition", "offset")
_STEP_ROWS = 1 << 20


class IdIndex:
    """Opens the index files of segments, and indexes in memory what has none; once, until rows come or change.

    Args:
        folder: The folder of segments.
        checks: Compares segment files with their checksums before they are read.
    """

    def __init__(self, folder: Path, checks: SegmentChecks) -> None:
        self._folder = folder
        self._checks = checks
        self._lock = threading.Lock()
        self._segments: dict[str, IndexedRows] = {}
        self._packed: list[IndexedRows] = []
        self._last_packed = -1
        self._use_files = True

    def forget(self, *, files_too: bool = False) -> None:
        """Forget what was indexed in memory, because rows were decoded again.

        Args:
            files_too: Use no index files any more, because one of them is damaged.
        """
        with self._lock:
            self._segments, self._packed, self._last_packed = {}, [], -1
            self._use_files = self._use_files and not files_too

    def parts(self, cursor: duckdb.DuckDBPyConnection) -> IdParts:
        """Return what can be searched now.

        Raises:
            SnapshotFormatError: A segment file that has to be read is damaged.
        """
        named = cursor.execute("SELECT * FROM segments ORDER BY segment_id")
        names = [column[0] for column in named.description]
        rows = [dict(zip(names, values, strict=True)) for values in named.fetchall()]
        with self._lock:
            kept = {}
            for row in rows:
                name = row["events_file"]
                kept[name] = self._segments.get(name) or self._segment(cursor, row)
            self._segments = kept
            self._refresh_packed(cursor)
            return IdParts([*kept.values(), *self._packed])

    def _segment(self, cursor: duckdb.DuckDBPyConnection, row: dict[str, object]) -> IndexedRows:
        name, number, count = str(row["events_file"]), int(str(row["segment_id"])), int(str(row["rows"]))
        checksum = row.get("events_crc32c")
        path = self._folder / ids_name(name)
        opened = open_ids(path, count, int(str(checksum))) if self._use_files and checksum else None
        if opened is None:
            opened = self._read_segment(cursor, number, name)
        return IndexedRows(opened, count, number)

    def _read_segment(self, cursor: duckdb.DuckDBPyConnection, number: int, name: str) -> SortedEntries:
        self._checks.check(cursor, DECODED_ROWS, segments=[number])
        found, row = [np.zeros(0, dtype=np.uint64)], 0
        with pq.ParquetFile(self._folder / name) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, columns=list(COLUMNS))
                found.append(entries_of(table, row))
                row += table.num_rows
        return sorted_entries(np.concatenate(found))

    def _refresh_packed(self, cursor: duckdb.DuckDBPyConnection) -> None:
        held = sum(part.rows for part in self._packed)
        ((count,),) = cursor.execute("SELECT count(*) FROM packed_events").fetchall()
        if count < held:
            self._packed, self._last_packed, held = [], -1, 0
        while held < count:
            columns = ", ".join(f'"{name}"' for name in (*_PACKED, *COLUMNS))
            table = cursor.sql(
                f"SELECT rowid AS place, {columns} FROM packed_events WHERE rowid > $after ORDER BY rowid "  # noqa: S608 - our names
                f"LIMIT {_STEP_ROWS}",
                params={"after": self._last_packed},
            ).to_arrow_table()
            if not table.num_rows:
                break
            self._last_packed = table["place"][-1].as_py()
            entries = sorted_entries(entries_of(table.combine_chunks()))
            positions = table.select(_PACKED)
            self._packed.append(IndexedRows(entries, table.num_rows, positions=positions))
            held += table.num_rows
