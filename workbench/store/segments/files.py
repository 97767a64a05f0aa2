"""Parquet segments beside a snapshot: pairs of files, raw and decoded rows in the same order.

ZSTD at its fast level -3: a capture is as fast as its writing, and packing compresses better later. Of a million JSON
events of 600 bytes with random ids and six headers, level 1 makes 262 MB with 2.4 us of CPU each, level -3 483 MB with
1.7; of Wikimedia's events, 14 and 20 % of their size. Payloads get neither dictionary nor statistics; ids, being
random, get a Bloom filter, since lowest and highest of a row group exclude nothing.
"""

from __future__ import annotations

import contextlib
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.store.file.connection import translated
from workbench.store.file.layout import STORED_EVENT, STORED_RECORD

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

SEGMENT_BYTES = 64 << 20
_TEMPORARY = ".writing"
_LEVEL = -3
_STEP_ROWS = 1 << 14
"""Rows that a column is written in at once; the usual 1024 cost a twentieth more."""
_FALSE_POSITIVES = 0.01
_BLOOM_COLUMNS = ("event_id", "correlation_id")
_RECORD_DICTIONARIES = ["source_id", "partition", "timestamp_type", "key", "headers.list.element.name"]
_RECORD_STATISTICS = ["source_id", "partition", "offset", "timestamp_ms", "timestamp_type", "key"]
_EVENT_STATISTICS = ["source_id", "partition", "offset", "timestamp_ms", "event_time", "event_type", "source"]
_ASCENDING = ("offset", "timestamp_ms")
_NO_DICTIONARY = {*_ASCENDING, "event_id"}


@dataclass(frozen=True, slots=True)
class Run:
    """Rows of one partition inside a segment."""

    source_id: int
    partition: int
    first_offset: int
    last_offset: int
    rows: int


@dataclass(frozen=True, slots=True)
class Segment:
    """A finished pair of files that no table knows yet."""

    segment_id: int
    records_file: str
    events_file: str
    rows: int
    records_bytes: int
    events_bytes: int
    runs: tuple[Run, ...]


class SegmentWriter:
    """Writes one segment, both files at once; until `finish` they carry names that the next opening sweeps away."""

    def __init__(self, folder: Path, segment_id: int) -> None:
        self._folder = folder
        self._segment_id = segment_id
        self._stem = f"{segment_id:06d}"
        self._runs: dict[tuple[int, int], Run] = {}
        self._rows = 0
        self._beside = ThreadPoolExecutor(1, "segment-events")
        with translated(folder):
            created = not folder.exists()
            folder.mkdir(exist_ok=True)
            if created:
                sync_folder(folder.parent)
            self._records = _Sink(folder / f"{self._stem}.records.parquet", STORED_RECORD)
            self._events = _Sink(folder / f"{self._stem}.events.parquet", STORED_EVENT)

    @property
    def size_bytes(self) -> int:
        """What both files hold so far."""
        return self._records.size_bytes + self._events.size_bytes

    def write(self, records: pa.Table, events: pa.Table) -> None:
        """Append rows as one row group: the same positions in both, ordered by source, partition, offset.

        Raises:
            StorageFullError: The disk is full; the segment must be discarded.
        """
        with translated(self._folder):
            beside = self._beside.submit(self._events.write, events)
            self._records.write(records)
            beside.result()
        self._rows += records.num_rows
        for run in runs_of(records):
            self._extend(run)

    def _extend(self, run: Run) -> None:
        key = (run.source_id, run.partition)
        before = self._runs.get(key)
        if before is not None:
            first, rows = min(before.first_offset, run.first_offset), before.rows + run.rows
            run = Run(*key, first, max(before.last_offset, run.last_offset), rows)
        self._runs[key] = run

    def finish(self) -> Segment:
        """Sync and rename both files; from now on a table may name them."""
        with translated(self._folder):
            beside = self._beside.submit(self._events.finish)
            self._records.finish()
            beside.result()
            sync_folder(self._folder)
        self._beside.shutdown()
        return Segment(
            self._segment_id,
            self._records.path.name,
            self._events.path.name,
            self._rows,
            self._records.size_bytes,
            self._events.size_bytes,
            tuple(self._runs.values()),
        )

    def discard(self) -> None:
        """Remove what was written; harmless after an error."""
        self._beside.shutdown()
        for sink in (self._records, self._events):
            sink.discard()


class EventFile:
    """Decoded rows written anew for a segment whose raw file stays."""

    def __init__(self, folder: Path, segment_id: int, *, after: str) -> None:
        generation = after.removesuffix(".events.parquet").partition(".")[2]
        self._folder = folder
        with translated(folder):
            name = f"{segment_id:06d}.{int(generation or 0) + 1}.events.parquet"
            self._sink = _Sink(folder / name, STORED_EVENT)

    def write(self, events: pa.Table) -> None:
        """Append one row group."""
        with translated(self._folder):
            self._sink.write(events)

    def finish(self) -> tuple[str, int]:
        """Sync and rename the file; returns its name and size."""
        with translated(self._folder):
            self._sink.finish()
            sync_folder(self._folder)
        return self._sink.path.name, self._sink.size_bytes

    def discard(self) -> None:
        """Remove what was written; harmless after an error."""
        self._sink.discard()


class _Sink:
    """One Parquet file under its temporary name."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self._schema = schema
        self._temporary = path.with_name(path.name + _TEMPORARY)
        self._file = pa.OSFile(os.fspath(self._temporary), "wb")
        self._writer: pq.ParquetWriter | None = None
        self.size_bytes = 0

    def write(self, table: pa.Table) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, self._schema, **_options(self._schema, table.num_rows))
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self.size_bytes = self._file.tell()

    def finish(self) -> None:
        if self._writer is None:
            self.write(self._schema.empty_table())
        self._end_writing()
        self.size_bytes = self._file.tell()
        self._file.close()
        descriptor = os.open(self._temporary, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        self._temporary.rename(self.path)

    def _end_writing(self) -> None:
        if self._writer is None:
            return
        try:
            self._writer.close()
        finally:
            self._writer.is_open = False  # or it would try once more when it is let go of

    def discard(self) -> None:
        with contextlib.suppress(OSError, pa.ArrowException):
            self._end_writing()
        with contextlib.suppress(OSError, pa.ArrowException):
            self._file.close()
        for path in (self._temporary, self.path):
            path.unlink(missing_ok=True)


def runs_of(records: pa.Table) -> list[Run]:
    """Summarise which positions a table of stored records holds."""
    grouped = records.group_by(["source_id", "partition"]).aggregate(
        [("offset", "min"), ("offset", "max"), ("offset", "count")]
    )
    names = ("source_id", "partition", "offset_min", "offset_max", "offset_count")
    return [Run(*row) for row in zip(*(grouped[name].to_pylist() for name in names), strict=True)]


def sweep(folder: Path, known: Iterable[str]) -> list[str]:
    """Remove files that no table knows: what a killed process left behind. Returns their names."""
    if not folder.is_dir():
        return []
    keep = set(known)
    strays = [path for path in folder.iterdir() if path.name not in keep and _is_ours(path.name)]
    for path in strays:
        path.unlink()
    return sorted(path.name for path in strays)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_ours(name: str) -> bool:
    stem = name.removesuffix(_TEMPORARY)
    return stem.endswith((".records.parquet", ".events.parquet")) and stem.partition(".")[0].isdigit()


def _options(schema: pa.Schema, rows: int) -> dict[str, object]:
    special: dict[str, object]
    if schema.equals(STORED_RECORD):
        special = {"use_dictionary": _RECORD_DICTIONARIES, "write_statistics": _RECORD_STATISTICS}
    else:
        special = {
            "use_dictionary": [name for name in _leaves(schema) if name not in _NO_DICTIONARY],
            "write_statistics": _EVENT_STATISTICS,
            "bloom_filter_options": {name: {"ndv": max(1, rows), "fpp": _FALSE_POSITIVES} for name in _BLOOM_COLUMNS},
        }
    return {
        "compression": "zstd",
        "compression_level": _LEVEL,
        "write_batch_size": _STEP_ROWS,
        "column_encoding": dict.fromkeys(_ASCENDING, "DELTA_BINARY_PACKED"),
        **special,
    }


def _leaves(schema: pa.Schema) -> list[str]:
    return [path for field in schema for path in _paths(field.name, field.type)]


def _paths(prefix: str, kind: pa.DataType) -> list[str]:
    if pa.types.is_list(kind):
        return _paths(f"{prefix}.list.element", kind.value_type)
    if pa.types.is_struct(kind):
        return [path for field in kind for path in _paths(f"{prefix}.{field.name}", field.type)]
    return [prefix]
