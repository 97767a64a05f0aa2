"""Tables as text, packed, for values of JSON that may be large."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.buffers.mapped import batches_of

if TYPE_CHECKING:
    from collections.abc import Iterator


def packed_text(table: pa.Table) -> str:
    """Return a table as text."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="zstd")) as stream:
        for batch in batches_of(table):
            stream.write_batch(batch)
    return base64.b64encode(sink.getvalue()).decode()


def unpacked_batches(text: str) -> Iterator[pa.RecordBatch]:
    """Read what `packed_text` wrote."""
    with pa.ipc.open_stream(base64.b64decode(text)) as stream:
        yield from stream
