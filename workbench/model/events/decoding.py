"""Defines the protocol of a decoder, as capture, store and live tail use it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


class BulkDecoder(Protocol):
    """Decodes raw columns of one topic, row for row; `workbench.decoding.Decoder` is the implementation."""

    def decode(self, records: pa.RecordBatch | pa.Table, topic: str) -> pa.RecordBatch:
        """Return a row of `workbench.model.records.columns.EVENT` for each row of `RECORD`, in the same order."""
        ...
