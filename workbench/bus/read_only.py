"""`ReadOnlyLog`: the record log of a read-only connection, which reads and refuses to change anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from typing import Self

    from workbench.bus.protocols import OffsetSpec, Reader, RecordLog
    from workbench.model.records.chunk import Isolation, Span
    from workbench.model.records.record import TopicPartition
    from workbench.model.topics import CommittedOffset, GroupInfo, TopicInfo


class ReadOnlyLog:
    """Reads a cluster through another log; see `workbench.bus.protocols.RecordLog`.

    Each method that writes records, changes topics, stores offsets or joins a consumer group raises
    `ConfigurationError` and sends nothing.
    """

    def __init__(self, log: RecordLog) -> None:
        self._log = log

    def __repr__(self) -> str:
        return f"<ReadOnlyLog {self.address}>"

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

    def writer(self, **_: Any) -> NoReturn:
        """Refuse to write records."""
        raise self._refusal("No record was written")

    def member(self, group_id: str, *_: Any, **__: Any) -> NoReturn:
        """Refuse to join a consumer group: members take partitions from others and commit offsets."""
        raise self._refusal(f"Group {group_id} was not joined")

    async def commit_offsets(self, group_id: str, offsets: Mapping[TopicPartition, int]) -> NoReturn:
        """Refuse to store offsets."""
        del offsets
        raise self._refusal(f"Offsets of group {group_id} were not changed")

    async def create_topic(self, name: str, **_: Any) -> NoReturn:
        """Refuse to create a topic."""
        raise self._refusal(f"Topic {name} was not created")

    async def add_partitions(self, name: str, total: int) -> NoReturn:
        """Refuse to add partitions."""
        del total
        raise self._refusal(f"Topic {name} was not changed")

    async def alter_config(self, name: str, settings: Mapping[str, str | None]) -> NoReturn:
        """Refuse to change settings."""
        del settings
        raise self._refusal(f"Settings of topic {name} were not changed")

    async def delete_group(self, group_id: str) -> NoReturn:
        """Refuse to delete a group."""
        raise self._refusal(f"Group {group_id} was not deleted")

    async def delete_topic(self, name: str) -> NoReturn:
        """Refuse to delete a topic."""
        raise self._refusal(f"Topic {name} was not deleted")

    async def delete_records(self, before: Mapping[TopicPartition, int]) -> NoReturn:
        """Refuse to delete records."""
        del before
        raise self._refusal("No record was deleted")

    def _refusal(self, what: str) -> ConfigurationError:
        return ConfigurationError(
            f"{what}: this connection to {self.address} is read-only. Open another one for it: "
            'connect(…, write=True, reason="INC-42").',
        )
