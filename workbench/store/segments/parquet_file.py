"""One Parquet file of a segment: its encodings, and the temporary name that it carries until it is written to its end.

ZSTD at its fast level -7: a capture is as fast as its writing, and packing compresses better later. Of a mixed topic
with values of 1,300 bytes each takes 3.0 us of CPU at level 1 (349 bytes), 2.5 at -3 (548), 1.9 at -7 (572) and 1.1 at
-50 (978); LZ4 takes as long as -7 and makes more. Only payloads and long texts are compressed: each compressed column
of a row group allocates and clears tables of its own, and a dictionary is as small without. Payloads get neither
dictionary nor statistics; ids, being random, get a Bloom filter, since the lowest and highest exclude nothing.

Raw rows are nearly all payload and written by Arrow; decoded ones, of 55 columns, by `workbench.store.parquet`, which
takes a little more than half the time.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.store.file.layout import STORED_RECORD
from workbench.store.parquet.table_writer import TableWriter
from workbench.store.segments.checksums import file_checksum
from workbench.store.segments.folder import TEMPORARY

if TYPE_CHECKING:
    from pathlib import Path

_LEVEL = -7
_STEP_ROWS = 1 << 11
"""Rows of a column that are encoded at once, so the least that a page holds. The default of 1024 costs more time; so do
pages of values that no cache holds while they are encoded, compressed and written."""
_RECORD_DICTIONARIES = ["source_id", "partition", "timestamp_type", "key", "headers.list.element.name"]
_RECORD_STATISTICS = ["source_id", "partition", "offset", "timestamp_ms", "timestamp_type", "key"]
_RECORD_COMPRESSED = ["key", "value", "headers.list.element.value"]
_ASCENDING = ["offset", "timestamp_ms"]
_EVENT_STATISTICS = ["source_id", "partition", "offset", "timestamp_ms", "event_time", "event_type", "source"]
_EVENT_COMPRESSED = ["replay", "error.message", "damage", "raw_reason", "decoded", "decoded_key"]
_RARELY_EQUAL = ["event_id", "trace.span_id", "decoded"]
_SOUGHT = ["event_id", "correlation_id"]


class ParquetFile:
    """Writes one Parquet file; it gets its name in `finish`, when it is whole, and is on disk after `sync`."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self._schema = schema
        self._temporary = path.with_name(path.name + TEMPORARY)
        self._file = pa.OSFile(os.fspath(self._temporary), "wb")
        self._writer: pq.ParquetWriter | TableWriter | None = None
        self.size_bytes = 0
        self.checksum = 0
        """CRC-32C of the whole file, once it is summed up."""

    def write(self, table: pa.Table) -> None:
        """Append one row group."""
        if self._writer is None:
            self._writer = _writer(self._file, self._schema)
        self._writer.write_table(table, row_group_size=max(1, table.num_rows))
        self.size_bytes = self._file.tell()

    def finish(self) -> None:
        """Write the footer, then rename. Only after `sync`, too, may a table name the file."""
        if self._writer is None:
            self.write(self._schema.empty_table())
        self._end_writing()
        self.size_bytes = self._file.tell()
        self._file.close()
        self._temporary.rename(self.path)

    def sync(self) -> None:
        """Wait until the finished file is on disk."""
        descriptor = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def sum_up(self) -> None:
        """Compute the checksum of the finished file."""
        # Read back rather than summed up on the way: Arrow writes the pages from native code, and they are cached.
        self.checksum = file_checksum(self.path)

    def _end_writing(self) -> None:
        if self._writer is None:
            return
        try:
            self._writer.close()
        finally:
            self._writer.is_open = False  # or its finaliser would write the footer once more

    def discard(self) -> None:
        """Remove the file; harmless after an error."""
        with contextlib.suppress(OSError, pa.ArrowException):
            self._end_writing()
        with contextlib.suppress(OSError, pa.ArrowException):
            self._file.close()
        for path in (self._temporary, self.path):
            path.unlink(missing_ok=True)


def _writer(file: pa.NativeFile, schema: pa.Schema) -> pq.ParquetWriter | TableWriter:
    if not schema.equals(STORED_RECORD):
        return TableWriter(
            file,
            schema,
            plain=_RARELY_EQUAL,
            compressed=_EVENT_COMPRESSED,
            ranged=_EVENT_STATISTICS,
            filtered=_SOUGHT,
            level=_LEVEL,
        )
    return pq.ParquetWriter(
        file,
        schema,
        compression=dict.fromkeys(_RECORD_COMPRESSED, "zstd"),
        compression_level=dict.fromkeys(_RECORD_COMPRESSED, _LEVEL),
        use_dictionary=_RECORD_DICTIONARIES,
        write_statistics=_RECORD_STATISTICS,
        column_encoding=dict.fromkeys(_ASCENDING, "DELTA_BINARY_PACKED"),
        write_batch_size=_STEP_ROWS,
    )
