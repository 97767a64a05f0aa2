"""Records as a broker stores them: compared with what is wanted where they lie, or turned into chunks."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from workbench.bus.protocols import Reader

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pyarrow as pa
    from numpy.typing import NDArray

    from workbench.model.records.chunk import Chunk


@dataclass(frozen=True, slots=True)
class Marks:
    """Headers that were added to records, and which of them tell a record again."""

    added: bytes
    """How their names begin. What else they hold is not compared."""
    run: tuple[bytes, bytes]
    """Name and value of the one that all records have, once."""
    number: bytes
    """Name of the one that holds the number of its record, once."""


@dataclass(frozen=True, slots=True)
class WantedRecords:
    """Records of one partition as they are expected there."""

    offsets: NDArray[np.int64]
    timestamps: NDArray[np.int64] | None
    """Milliseconds of each; None where the broker's own time is right."""
    content: pa.RecordBatch
    """``key``, ``value`` and ``headers`` of each."""
    numbers: NDArray[np.int64]
    marks: Marks | None
    """None where the headers are exactly those of ``content``."""


class StoredRecords(Protocol):
    """Records of one partition between two offsets, as a broker stores them."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def next(self) -> int:
        """Behind the last offset."""
        ...

    def split(self, offset: int) -> tuple[StoredRecords, StoredRecords]:
        """Return what lies below an offset, and the rest."""
        ...

    def are(self, wanted: WantedRecords) -> bool:
        """Whether they are these records and no others; false also where only their chunks can tell."""
        ...

    def chunks(self) -> Iterable[Chunk]:
        """Take them apart."""
        ...


@runtime_checkable
class StoredReader(Reader, Protocol):
    """A reader that also gives records as they are stored."""

    async def read_stored(self, max_wait_ms: int = 500) -> list[StoredRecords]:
        """Return what is ready, otherwise as `read`."""
        ...


@dataclass(frozen=True, slots=True)
class ReadChunk:
    """A chunk in the place of stored records, where the reader gives no others."""

    chunk: Chunk

    @property
    def topic(self) -> str:
        return self.chunk.topic

    @property
    def partition(self) -> int:
        return self.chunk.partition

    @property
    def next(self) -> int:
        return self.chunk.next

    def split(self, offset: int) -> tuple[ReadChunk, ReadChunk]:
        """Return what lies below an offset, and the rest."""
        rows = int(np.searchsorted(self.chunk.records.column("offset").to_numpy(), offset))
        head = replace(self.chunk, records=self.chunk.records.slice(0, rows), next=offset)
        return ReadChunk(head), ReadChunk(replace(self.chunk, records=self.chunk.records.slice(rows), start=offset))

    def are(self, wanted: WantedRecords) -> bool:
        """Leave it to the chunk."""
        del wanted
        return False

    def chunks(self) -> tuple[Chunk]:
        """Return the chunk."""
        return (self.chunk,)


async def read_stored(reader: Reader, max_bytes: int) -> list[StoredRecords]:
    """Read what is ready, as it is stored where the reader gives that."""
    if isinstance(reader, StoredReader):
        return await reader.read_stored()
    return [ReadChunk(chunk) for chunk in await reader.read(max_bytes)]
