"""`MaskedLog`: a record log whose readers hand out masked records, so that nothing above it can show a plain one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

from workbench.errors import ConfigurationError
from workbench.model.events.decoding import prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from typing import Self

    from workbench.bus.protocols import OffsetSpec, Reader, RecordLog, Writer
    from workbench.masking.policy import MaskingPolicy
    from workbench.model.events.decoding import BulkDecoder
    from workbench.model.records.chunk import Chunk, Isolation, Span
    from workbench.model.records.record import TopicPartition
    from workbench.model.topics import CommittedOffset, GroupInfo, TopicInfo


class MaskedLog:
    """Reads through another log and masks; everything else is passed on. See `workbench.bus.protocols.RecordLog`.

    Args:
        log: The log.
        policy: What is masked.
        decoder: Makes the decoder of values that are no JSON, when the first of them comes.
    """

    def __init__(self, log: RecordLog, policy: MaskingPolicy, decoder: Callable[[], BulkDecoder]) -> None:
        self._log = log
        self._policy = policy
        self._make_decoder = decoder
        self._decoder: BulkDecoder | None = None

    def __repr__(self) -> str:
        return f"<MaskedLog {self.address}>"

    @property
    def address(self) -> str:
        """The address as a URL, without secrets."""
        return self._log.address

    @property
    def cluster_id(self) -> str:
        """The cluster's own id; known once open."""
        return self._log.cluster_id

    async def __aenter__(self) -> Self:
        await self._log.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the log; harmless when repeated."""
        await self._log.aclose()

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

    async def describe(self, topics: Collection[str] | None = None) -> list[TopicInfo]:
        return await self._log.describe(topics)

    async def topic_names(self) -> list[str]:
        return await self._log.topic_names()

    async def broker_settings(self, names: Collection[str]) -> dict[int, dict[str, str]]:
        return await self._log.broker_settings(names)

    async def offsets(
        self,
        partitions: Iterable[TopicPartition],
        at: OffsetSpec,
        *,
        isolation: Isolation = "read_committed",
    ) -> dict[TopicPartition, int | None]:
        return await self._log.offsets(partitions, at, isolation=isolation)

    async def log_sizes(self, partitions: Iterable[TopicPartition]) -> dict[int, dict[TopicPartition, int]]:
        return await self._log.log_sizes(partitions)

    def writer(self, **options: Any) -> Writer:
        return self._log.writer(**options)

    async def groups(self) -> list[str]:
        return await self._log.groups()

    async def describe_groups(self, group_ids: Collection[str]) -> list[GroupInfo]:
        return await self._log.describe_groups(group_ids)

    async def committed(self, group_id: str) -> dict[TopicPartition, CommittedOffset]:
        return await self._log.committed(group_id)

    async def commit_offsets(self, group_id: str, offsets: Mapping[TopicPartition, int]) -> None:
        await self._log.commit_offsets(group_id, offsets)

    async def delete_group(self, group_id: str) -> None:
        await self._log.delete_group(group_id)

    async def alter_config(self, name: str, settings: Mapping[str, str | None]) -> None:
        await self._log.alter_config(name, settings)

    async def create_topic(self, name: str, **options: Any) -> None:
        await self._log.create_topic(name, **options)

    async def add_partitions(self, name: str, total: int) -> None:
        await self._log.add_partitions(name, total)

    async def delete_topic(self, name: str) -> None:
        await self._log.delete_topic(name)

    async def delete_records(self, before: Mapping[TopicPartition, int]) -> None:
        await self._log.delete_records(before)


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
