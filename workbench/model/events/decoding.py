"""Defines the protocols of decoders, as capture, store and live tail use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from workbench.model.records.chunk import Chunk


class BulkDecoder(Protocol):
    """Decodes raw columns of one topic, row for row; `workbench.decoding.Decoder` is the implementation."""

    def decode(self, records: pa.RecordBatch | pa.Table, topic: str) -> pa.RecordBatch:
        """Return a row of `workbench.model.records.columns.EVENT` for each row of `RECORD`, in the same order."""
        ...


class ValueDecoder(BulkDecoder, Protocol):
    """A decoder that knows where a value may be of another format than JSON."""

    def reads_other_formats(self, topic: str) -> bool:
        """Whether any value of a topic may be, whatever it begins with."""
        ...


@runtime_checkable
class PreparedDecoder(BulkDecoder, Protocol):
    """A decoder that fetches what records need, such as their schemas, before they are decoded."""

    @property
    def remark(self) -> str:
        """What could not be had, in a sentence; empty where nothing is missing."""
        ...

    async def prepare(self, chunks: Sequence[Chunk]) -> None:
        """Fetch what these records need. Never raises for what cannot be had, and never waits for long."""
        ...


async def prepare(decoder: BulkDecoder | None, chunks: Sequence[Chunk]) -> str:
    """Let a decoder fetch what these records need, if it is one that does; return its remark."""
    if not isinstance(decoder, PreparedDecoder):
        return ""
    await decoder.prepare(chunks)
    return decoder.remark
