"""`MaskedLog`: a record log whose readers hand out masked records, so that nothing above it can show a plain one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from workbench.bus.passing import PassingLog
from workbench.errors import ConfigurationError
from workbench.model.events.decoding import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Self

    from workbench.bus.protocols import Reader, RecordLog
    from workbench.masking.policy import MaskingPolicy
    from workbench.model.events.decoding import BulkDecoder
    from workbench.model.records.chunk import Chunk, Isolation, Span
    from workbench.model.records.record import TopicPartition


class MaskedLog(PassingLog):
    """Reads through another log and masks; everything else is passed on. See `workbench.bus.protocols.RecordLog`.

    Args:
        log: The log.
        policy: What is masked.
        decoder: Makes the decoder of values that are no JSON, when the first of them comes.
    """

    def __init__(self, log: RecordLog, policy: MaskingPolicy, decoder: Callable[[], BulkDecoder]) -> None:
        super().__init__(log)
        self._policy = policy
        self._make_decoder = decoder
        self._decoder: BulkDecoder | None = None

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

    async def _prepared(self, chunks: Sequence[Chunk]) -> BulkDecoder | None:
        masks = [self._policy.of_topic(chunk.topic) for chunk in chunks]
        if not any(mask is not None and mask.reads_values for mask in masks):
            return None
        if self._decoder is None:
            self._decoder = self._make_decoder()
        await prepare(self._decoder, chunks)
        return self._decoder

    def _one(self, chunk: Chunk, decoder: BulkDecoder | None) -> Chunk:
        mask = self._policy.of_topic(chunk.topic)
        if mask is None or not chunk.records.num_rows:
            return chunk
        decode = None if decoder is None else (lambda records: decoder.decode(records, chunk.topic))
        return replace(chunk, records=mask.masked(chunk.records, decode))


class MaskedReader:
    """Reads through another reader, and masks what comes. See `workbench.bus.protocols.Reader`."""

    def __init__(self, reader: Reader, mask: Any) -> None:
        self._reader = reader
        self._mask = mask

    async def read(self, max_bytes: int = 16 << 20, max_wait_ms: int = 500) -> list[Chunk]:
        found: list[Chunk] = await self._mask(await self._reader.read(max_bytes, max_wait_ms))
        return found

    @property
    def done(self) -> bool:
        return self._reader.done

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        return self._reader.positions

    @property
    def unanswered_s(self) -> float:
        return self._reader.unanswered_s

    async def __aenter__(self) -> Self:
        await self._reader.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop reading; harmless when repeated."""
        await self._reader.aclose()


def plain(log: RecordLog) -> RecordLog:
    """Return the log behind a masked one, or the log itself: for what moves or compares records and shows none."""
    return log.plain if isinstance(log, MaskedLog) else log
