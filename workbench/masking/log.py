"""`MaskedLog`: a record log whose readers hand out masked records, so that nothing above it can show a plain one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import pyarrow as pa

from workbench.bus.passing import PassingLog, PassingReader
from workbench.errors import ConfigurationError
from workbench.model.events.decoding import prepare
from workbench.model.records.masked_rows import masked_rows

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from workbench.bus.protocols import Reader, RecordLog
    from workbench.masking.policy import MaskingPolicy
    from workbench.model.events.decoding import ValueDecoder
    from workbench.model.records.chunk import Chunk, Isolation, Span


class MaskedLog(PassingLog):
    """Reads through another log and masks; everything else is passed on. See `workbench.bus.protocols.RecordLog`.

    Args:
        log: The log.
        policy: What is masked.
        decoder: Makes the decoder of values that are no JSON, when the first of them comes.
        keep: Is given topic and raw records before they are handed out masked.
    """

    def __init__(
        self,
        log: RecordLog,
        policy: MaskingPolicy,
        decoder: Callable[[], ValueDecoder],
        keep: Callable[[str, pa.RecordBatch], None] | None = None,
    ) -> None:
        super().__init__(log)
        self._keep = keep
        self._policy = policy
        self._make_decoder = decoder
        self._decoder: ValueDecoder | None = None

    @property
    def plain(self) -> RecordLog:
        """The log that it reads through: for what moves or compares records and shows none."""
        return self._log

    def reader(
        self,
        spans: Sequence[Span],
        *,
        isolation: Isolation = "read_committed",
        prefetch_bytes: int = 64 << 20,
    ) -> Reader:
        made = self._log.reader(spans, isolation=isolation, prefetch_bytes=prefetch_bytes)
        return MaskedReader(made, self.masked)

    def member(self, group_id: str, *_: Any, **__: Any) -> NoReturn:
        """Refuse to join a consumer group: its members get records one by one, and are applications."""
        raise ConfigurationError(
            f"Group {group_id} was not joined: records are masked on this connection, and a member of a group would "
            "get them as they are. An application's own bus (cluster.contract_bus) joins groups."
        )

    async def masked(self, chunks: Sequence[Chunk]) -> list[Chunk]:
        """Return the chunks with their records masked."""
        concerned = [chunk for chunk in chunks if chunk.records.num_rows and self._policy.concerns(chunk.topic)]
        if not concerned:
            return list(chunks)
        decoder = await self._prepared(concerned)
        return await asyncio.to_thread(lambda: [self._one(chunk, decoder) for chunk in chunks])

    async def _prepared(self, chunks: Sequence[Chunk]) -> ValueDecoder | None:
        masks = [self._policy.of_topic(chunk.topic) for chunk in chunks]
        if not any(mask is not None and mask.reads_values for mask in masks):
            return None
        if self._decoder is None:
            self._decoder = self._make_decoder()
        await prepare(self._decoder, chunks)
        return self._decoder

    def _one(self, chunk: Chunk, decoder: ValueDecoder | None) -> Chunk:
        mask = self._policy.of_topic(chunk.topic)
        if mask is None or not chunk.records.num_rows:
            return chunk
        records = mask.masked(chunk.records, decoder, chunk.topic)
        if self._keep is not None:
            changed = masked_rows(records.column("headers"))
            if changed.any():
                self._keep(chunk.topic, chunk.records.filter(pa.array(changed)))
        return replace(chunk, records=records)


class MaskedReader(PassingReader):
    """Reads through another reader, and masks what comes."""

    def __init__(self, reader: Reader, mask: Callable[[Sequence[Chunk]], Awaitable[list[Chunk]]]) -> None:
        super().__init__(reader)
        self._mask = mask

    async def read(self, max_bytes: int = 16 << 20, max_wait_ms: int = 500) -> list[Chunk]:
        return await self._mask(await super().read(max_bytes, max_wait_ms))


def plain(log: RecordLog) -> RecordLog:
    """Return the log behind a masked one, or the log itself: for what moves or compares records and shows none."""
    return log.plain if isinstance(log, MaskedLog) else log
