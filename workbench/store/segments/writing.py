"""Writes Parquet segments beside a snapshot: pairs of files, raw and decoded rows in the same order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from typing import TYPE_CHECKING

from workbench.store.file.connection import translated
from workbench.store.file.layout import STORED_EVENT, STORED_RECORD
from workbench.store.ids.writing import IdFileWriter
from workbench.store.segments.folder import sync_folder
from workbench.store.segments.parquet_file import ParquetFile
from workbench.store.segments.segment import PartitionRows, Segment, joined, partition_rows

if TYPE_CHECKING:
    from concurrent.futures import Future
    from pathlib import Path

    import pyarrow as pa

SEGMENT_BYTES = 64 << 20
"""Size of a segment's two files together at which it is committed."""
FEW_ROWS = 1024
"""Rows of a part, on average, up to which the parts of a row group are joined before they are written."""
MOST_COPIED_BYTES = 64 << 20
"""Size of the decoded rows up to which they are."""


class SegmentWriter:
    """Writes one segment, both files at once.

    A killed process leaves files that no table names, and the next opening sweeps those away. A table may name them
    once `finish` has returned; that becomes durable only after `wait_synced`.
    """

    def __init__(self, folder: Path, segment_id: int) -> None:
        self._folder = folder
        self._segment_id = segment_id
        self._stem = f"{segment_id:06d}"
        self._partitions: dict[tuple[int, int], PartitionRows] = {}
        self._rows = 0
        self._beside = ThreadPoolExecutor(1, "segment-events")
        self._syncing: list[Future[None]] = []
        with translated(folder):
            created = not folder.exists()
            folder.mkdir(exist_ok=True)
            if created:
                sync_folder(folder.parent)
            self._records = ParquetFile(folder / f"{self._stem}.records.parquet", STORED_RECORD)
            self._events = ParquetFile(folder / f"{self._stem}.events.parquet", STORED_EVENT)
        self._ids = IdFileWriter(self._events.path)

    @property
    def size_bytes(self) -> int:
        """Bytes of both files so far."""
        return self._records.size_bytes + self._events.size_bytes

    def write(self, records: pa.Table, events: pa.Table) -> None:
        """Append rows as one row group: the same positions in both, ordered by source, partition, offset.

        Raises:
            StorageFullError: The disk is full; the segment must be discarded.
        """
        with translated(self._folder):
            # Arrow encodes without the GIL, so the second file is written on a thread of its own.
            beside = self._beside.submit(self._write_events, events)
            self._records.write(records)
            beside.result()
        self._rows += records.num_rows
        for rows in partition_rows(records):
            key = (rows.source_id, rows.partition)
            self._partitions[key] = joined(self._partitions.get(key), rows)

    def _write_events(self, events: pa.Table) -> None:
        # What each part costs is more than copying its rows, where those are few.
        if events.column(0).num_chunks * FEW_ROWS > events.num_rows and events.nbytes <= MOST_COPIED_BYTES:
            events = events.combine_chunks()
        self._events.write(events)
        self._ids.add(events)

    def _sum_up_events(self) -> None:
        self._events.sum_up()
        self._ids.finish(self._events.checksum)

    def finish(self) -> Segment:
        """End both files and begin to sync them; meanwhile they are summed up, and their ids are written."""
        with translated(self._folder):
            disk = ThreadPoolExecutor(2, "segment-sync")
            for file in (self._records, self._events):
                file.finish()
                self._syncing.append(disk.submit(file.sync))
            disk.shutdown(wait=False)
            beside = self._beside.submit(self._sum_up_events)
            self._records.sum_up()
            beside.result()
        self._beside.shutdown()
        return Segment(
            self._segment_id,
            self._records.path.name,
            self._events.path.name,
            self._rows,
            self._records.size_bytes,
            self._events.size_bytes,
            self._records.checksum,
            self._events.checksum,
            tuple(self._partitions.values()),
        )

    def wait_synced(self) -> None:
        """Wait until the finished files are on disk under their names.

        Raises:
            StorageFullError: The disk is full; the files were removed.
        """
        try:
            with translated(self._folder):
                for one in self._syncing:
                    one.result()
                sync_folder(self._folder)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Remove what was written; harmless after an error."""
        self._beside.shutdown()
        wait(self._syncing)
        for file in (self._records, self._events, self._ids):
            file.discard()


class EventFileWriter:
    """Writes the decoded rows of a segment again; its raw file stays as it is."""

    def __init__(self, folder: Path, segment_id: int, *, after: str) -> None:
        generation = after.removesuffix(".events.parquet").partition(".")[2]
        self._folder = folder
        with translated(folder):
            name = f"{segment_id:06d}.{int(generation or 0) + 1}.events.parquet"
            self._file = ParquetFile(folder / name, STORED_EVENT)
        self._ids = IdFileWriter(self._file.path)

    def write(self, events: pa.Table) -> None:
        """Append one row group."""
        with translated(self._folder):
            self._file.write(events)
            self._ids.add(events)

    def finish(self) -> tuple[str, int, int]:
        """Sync and rename the file; returns its name, size and checksum."""
        with translated(self._folder):
            self._file.finish()
            self._file.sync()
            self._file.sum_up()
            self._ids.finish(self._file.checksum)
            sync_folder(self._folder)
        return self._file.path.name, self._file.size_bytes, self._file.checksum

    def discard(self) -> None:
        """Remove what was written; harmless after an error."""
        self._file.discard()
        self._ids.discard()
