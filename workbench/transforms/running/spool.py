"""Keeps the outputs of a run as columns in a temporary file, so that memory does not grow with their number."""

from __future__ import annotations

import contextlib
import errno
import tempfile
import threading
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from workbench.errors import StorageFullError, TransformError
from workbench.model.records.columns import HEADERS
from workbench.text import size_text
from workbench.transforms.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from workbench.transforms.batches import SourceRecord
    from workbench.transforms.guest.record_functions import Output

OUTPUT = pa.schema(
    [
        pa.field("topic", pa.string(), nullable=False),
        pa.field("key", pa.binary()),
        pa.field("value", pa.binary()),
        pa.field("headers", HEADERS, nullable=False),
        pa.field("timestamp_ms", pa.int64()),
        pa.field("source_topic", pa.string(), nullable=False),
        pa.field("source_partition", pa.int32(), nullable=False),
        pa.field("source_offset", pa.int64()),
        pa.field("output_index", pa.int32(), nullable=False),
    ]
)
"""Columns of the outputs. ``timestamp_ms`` is that of the source record; a broker would write the time of appending.
``source_offset`` is null where a record was written while no source record was at work; ``output_index`` counts the
outputs of one source record."""

_SOURCE_OFFSET = OUTPUT.get_field_index("source_offset")
_BATCH_ROWS = 1_000
_BATCH_BYTES = 8 << 20


class _Written(NamedTuple):
    """Where a batch of outputs comes from."""

    part: int
    first: int
    last: int
    row: int
    """Number of its first row."""


class OutputSpool:
    """Takes outputs, and gives them back as batches of `OUTPUT` once it is finished."""

    def __init__(self, most_bytes: int = Limits().output_bytes) -> None:
        self.rows = 0
        self._most_bytes = most_bytes
        self._bytes = 0
        # Without a name: nothing is left behind, however the process ends.
        self._file = tempfile.TemporaryFile(prefix="workbench-transform-")  # noqa: SIM115 - closed by close
        self._writer: pa.ipc.RecordBatchFileWriter | None = pa.ipc.new_file(self._file, OUTPUT)
        self._pending: list[tuple[Any, ...]] = []
        """Rows in the order of `OUTPUT`, headers as pairs."""
        self._pending_bytes = 0
        self._part = 0
        self._written: list[_Written] = []
        # A widget reads in a thread, and every reader moves the position of the one file.
        self._reading = threading.Lock()

    def begin(self, part: int) -> None:
        """Begin with the outputs of another partition; `between` finds them by this number."""
        self._flush()
        self._part = part

    def add(self, topic: str, partition: int, source: SourceRecord | None, outputs: list[Output]) -> None:
        """Add what was written for one source record."""
        timestamp_ms, offset = (None, None) if source is None else (source.timestamp_ms, source.offset)
        for index, output in enumerate(outputs):
            payload = output.payload
            headers = payload.headers
            self._pending.append(
                (output.topic, payload.key, payload.value, headers, timestamp_ms, topic, partition, offset, index)
            )
            self._pending_bytes += len(payload.key or b"") + len(payload.value or b"")
            for name, value in headers:
                self._pending_bytes += 16 + len(name) + len(value or b"")
            if len(self._pending) >= _BATCH_ROWS or self._pending_bytes >= _BATCH_BYTES:
                self._flush()

    def finish(self) -> None:
        """End the writing; reading is possible from now on."""
        if self._writer is not None:
            self._flush()
            self._writer.close()
            self._writer = None

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the outputs in the order in which they were written."""
        self.finish()
        for index in range(len(self._written)):
            yield self._batch(index)

    def between(self, part: int, first: int, last: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield the outputs of source records of a partition from one offset to another, with their row numbers."""
        self.finish()
        for index, one in enumerate(self._written):
            if one.part == part and one.first <= last and one.last >= first:
                for number, row in enumerate(self._batch(index).to_pylist(), one.row):
                    if row["source_offset"] is not None and first <= row["source_offset"] <= last:
                        yield number, row

    def _batch(self, index: int) -> pa.RecordBatch:
        with self._reading:
            if self._file.closed:
                raise TransformError("The outputs of this run were given back. Run it again.", name="", stage="read")
            self._file.seek(0)
            with pa.ipc.open_file(pa.PythonFile(self._file, mode="r")) as reader:
                return reader.get_batch(index)

    def table(self, most_rows: int | None = None) -> pa.Table:
        """Return the outputs, or the first of them."""
        found: list[pa.RecordBatch] = []
        rows = 0
        for batch in self.batches():
            if most_rows is not None and rows >= most_rows:
                break
            found.append(batch)
            rows += batch.num_rows
        table = pa.Table.from_batches(found, OUTPUT)
        return table if most_rows is None else table.slice(0, most_rows)

    def close(self) -> None:
        """Give the space back; harmless when repeated."""
        self._pending = []
        with contextlib.suppress(OSError):
            # On a full disk even the end of the file cannot be written.
            self.finish()
        self._writer = None
        self._file.close()

    def _flush(self) -> None:
        if self._pending and self._writer is not None:
            self._bytes += self._pending_bytes
            if self._bytes > self._most_bytes:
                raise TransformError(
                    f"The transform has written more than {size_text(self._most_bytes)}, and was stopped. Select fewer "
                    "records with where= or limit=, or give limits=Limits(output_bytes=…).",
                    name=self._pending[0][0],
                    stage="run",
                )
            try:
                self._writer.write_batch(_batch(self._pending))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                raise StorageFullError(
                    f"The disk of {tempfile.gettempdir()} is full; the outputs of the transform do not fit. Set "
                    "TMPDIR to a folder with more room.",
                    path=tempfile.gettempdir(),
                ) from error
            offsets = [row[_SOURCE_OFFSET] for row in self._pending if row[_SOURCE_OFFSET] is not None]
            bounds = (min(offsets), max(offsets)) if offsets else (0, -1)
            self._written.append(_Written(self._part, bounds[0], bounds[1], self.rows))
            self.rows += len(self._pending)
            self._pending, self._pending_bytes = [], 0


def _batch(rows: list[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = list(zip(*rows, strict=True))
    at = OUTPUT.get_field_index("headers")
    arrays = [
        _header_array(column) if index == at else pa.array(column, OUTPUT.field(index).type)
        for index, column in enumerate(columns)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=OUTPUT)


def _header_array(rows: Sequence[Sequence[tuple[bytes, bytes | None]]]) -> pa.ListArray:
    """Make the column of headers of name and value as columns: a dict for each header takes long."""
    ends = pa.array([0, *accumulate(map(len, rows))], pa.int32())
    names = pa.array([name for row in rows for name, _ in row], pa.binary())
    values = pa.array([value for row in rows for _, value in row], pa.binary())
    entries = pa.StructArray.from_arrays([names, values], fields=list(HEADERS.value_type))
    return pa.ListArray.from_arrays(ends, entries)
