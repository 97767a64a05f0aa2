"""A record log and a reader that pass everything on to another; a kind of log overrides what it does otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Self

    from workbench.bus.protocols import GroupMember, OffsetSpec, Reader, RecordLog, Writer
    from workbench.model.records.chunk import Chunk, Isolation, Span
    from workbench.model.records.record import TopicPartition
    from workbench.model.topics import ClockOffset, CommittedOffset, GroupInfo, TopicInfo


class PassingLog:
    """Passes everything on to another log; see `workbench.bus.protocols.RecordLog`."""

    def __init__(self, log: RecordLog) -> None:
        self._log = log

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.address}>"

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

    async def describe(self, topics: Collection[str] | None = None) -> list[TopicInfo]:
        return await self._log.describe(topics)

    async def topic_names(self) -> list[str]:
        return await self._log.topic_names()

    async def broker_settings(self, names: Collection[str]) -> dict[int, dict[str, str]]:
        return await self._log.broker_settings(names)

    async def clock_offset(self) -> ClockOffset | None:
        return await self._log.clock_offset()

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

    def reader(
        self,
        spans: Sequence[Span],
        *,
        isolation: Isolation = "read_committed",
        prefetch_bytes: int = 64 << 20,
    ) -> Reader:
        return self._log.reader(spans, isolation=isolation, prefetch_bytes=prefetch_bytes)

    async def groups(self) -> list[str]:
        return await self._log.groups()

    async def describe_groups(self, group_ids: Collection[str]) -> list[GroupInfo]:
        return await self._log.describe_groups(group_ids)

    async def committed(self, group_id: str) -> dict[TopicPartition, CommittedOffset]:
        return await self._log.committed(group_id)

    def writer(self, **options: Any) -> Writer:
        return self._log.writer(**options)

    def member(self, group_id: str, *arguments: Any, **options: Any) -> GroupMember:
        return self._log.member(group_id, *arguments, **options)

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


class PassingReader:
    """Passes everything on to another reader; see `workbench.bus.protocols.Reader`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def __aenter__(self) -> Self:
        await self._reader.__aenter__()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop reading; harmless when repeated."""
        await self._reader.aclose()

    async def read(self, max_bytes: int = 16 << 20, max_wait_ms: int = 500) -> list[Chunk]:
        return await self._reader.read(max_bytes, max_wait_ms)

    @property
    def done(self) -> bool:
        return self._reader.done

    @property
    def positions(self) -> Mapping[TopicPartition, int]:
        return self._reader.positions

    @property
    def unanswered_s(self) -> float:
        return self._reader.unanswered_s
