"""`KafkaLog`: the record log of a cluster that speaks the Kafka protocol."""

from __future__ import annotations

import warnings
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Literal

from workbench.bus.kafka import admin, groups
from workbench.bus.kafka.connection.connections import Connections
from workbench.bus.kafka.connection.security import KafkaSecurity
from workbench.bus.kafka.connection.session import Session
from workbench.bus.kafka.controller_clock import clock_offset
from workbench.bus.kafka.log_sizes import log_sizes
from workbench.bus.kafka.offsets import EARLIEST, LATEST, list_offsets
from workbench.bus.oversized import DEFAULT_LARGEST
from workbench.bus.protocols import AtCommitted, AtTime
from workbench.config import Address
from workbench.errors import ConfigurationError

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
    from typing import Self

    from workbench.bus.kafka.member import KafkaMember
    from workbench.bus.kafka.reader import KafkaReader
    from workbench.bus.kafka.writer import KafkaWriter
    from workbench.bus.protocols import OffsetSpec
    from workbench.model.records.chunk import Isolation, Span
    from workbench.model.records.record import TopicPartition
    from workbench.model.records.written import Compression
    from workbench.model.topics import ClockOffset, CommittedOffset, GroupInfo, TopicInfo


class KafkaLog:
    """Reads and writes a Kafka cluster; see `workbench.bus.protocols.RecordLog`.

    Args:
        address: Bootstrap servers; the first that answers is used.
        security: TLS and SASL settings.
        timeout_s: Deadline of each call, and how long a reader retries a partition whose broker does not answer.
        connect_timeout_s: Deadline of opening, shared among the addresses.
        client_id: What the broker's logs and quotas see.
        max_record_bytes: Bytes of the largest record that is read; a larger one is a gap.
    """

    def __init__(
        self,
        address: Address | str,
        *,
        security: KafkaSecurity | None = None,
        timeout_s: float = 30.0,
        connect_timeout_s: float = 10.0,
        client_id: str = "eventbus-workbench",
        max_record_bytes: int = DEFAULT_LARGEST,
    ) -> None:
        self._address = Address.parse(address) if isinstance(address, str) else address
        self._security = security or KafkaSecurity()
        self._timeout_s = timeout_s
        self._connect_timeout_s = connect_timeout_s
        self._client_id = client_id
        self._max_record_bytes = max_record_bytes
        self._session: Session | None = None
        self._cluster_id = ""
        self._closed = False
        self._security.check_for(self._address)

    @classmethod
    def with_options(cls, address: Address, options: Mapping[str, Any]) -> Self:
        """Make a log from flat options: those of `KafkaSecurity` and those of this class.

        Raises:
            ConfigurationError: An option is unknown or contradicts another.
        """
        of_security = {field.name for field in fields(KafkaSecurity)}
        of_log = {"timeout_s", "connect_timeout_s", "client_id", "max_record_bytes"}
        if unknown := options.keys() - of_security - of_log:
            raise ConfigurationError(
                f"Unknown option {', '.join(sorted(unknown))} for {address}; known are "
                f"{', '.join(sorted(of_security | of_log))}.",
            )
        security = KafkaSecurity(**{key: value for key, value in options.items() if key in of_security})
        return cls(address, security=security, **{key: value for key, value in options.items() if key in of_log})

    def __repr__(self) -> str:
        return f"<KafkaLog {self.address} {'closed' if self._closed else 'open' if self._session else 'unopened'}>"

    @property
    def address(self) -> str:
        """The address as a URL, without secrets."""
        return str(self._address)

    @property
    def cluster_id(self) -> str:
        """The cluster's own id; known once open."""
        return self._cluster_id

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def open(self) -> None:
        """Connect to the first address that answers and read the brokers of the cluster.

        Raises:
            BrokerUnavailableError: None of the addresses answers.
            AuthenticationError: The credentials or the certificate were refused.
            RuntimeError: It is open, or was closed.
        """
        if self._session is not None or self._closed:
            raise RuntimeError(f"{self!r} cannot be opened; make a new one.")
        connections = Connections(
            self._address.hosts,
            self._security,
            client_id=self._client_id,
            connect_timeout_s=self._connect_timeout_s,
            request_timeout_s=self._timeout_s,
        )
        session = Session(connections, self._timeout_s, largest_record=self._max_record_bytes)
        try:
            async with session.deadline("Connecting"):
                self._cluster_id = (await connections.metadata([])).cluster_id
                await connections.reach()
        except BaseException:
            await connections.aclose()
            raise
        self._session = session

    async def aclose(self) -> None:
        """Close all connections; harmless when repeated."""
        self._closed = True
        if self._session is not None:
            await self._session.connections.aclose()
            self._session = None

    def __del__(self) -> None:
        if self._session is not None:
            warnings.warn(f"{self!r} was not closed", ResourceWarning, stacklevel=2, source=self)

    async def describe(self, topics: Collection[str] | None = None) -> list[TopicInfo]:
        async with self._open.deadline("Describing topics"):
            return await self._open.retry(lambda: admin.describe(self._open, topics))

    async def topic_names(self) -> list[str]:
        async with self._open.deadline("Listing topics"):
            return sorted((await self._open.retry(lambda: self._open.connections.metadata(None))).topics)

    async def broker_settings(self, names: Collection[str]) -> dict[int, dict[str, str]]:
        async with self._open.deadline("Reading broker settings"):
            return await self._open.retry(lambda: admin.broker_settings(self._open, names))

    async def clock_offset(self) -> ClockOffset | None:
        async with self._open.deadline("Comparing clocks"):
            return await self._open.retry(lambda: clock_offset(self._open))

    async def offsets(
        self,
        partitions: Iterable[TopicPartition],
        at: OffsetSpec,
        *,
        isolation: Isolation = "read_committed",
    ) -> dict[TopicPartition, int | None]:
        wanted = list(dict.fromkeys(partitions))
        async with self._open.deadline("Looking up offsets"):
            if isinstance(at, AtCommitted):
                await self._open.leaders(wanted)
                stored = await groups.committed(self._open, at.group_id)
                return {p: stored[p].offset if p in stored else None for p in wanted}
            if isinstance(at, AtTime):
                return await self._at_time(wanted, at.timestamp_ms, isolation)
            timestamp = EARLIEST if at == "earliest" else LATEST
            return dict(await list_offsets(self._open, wanted, timestamp, isolation))

    def reader(
        self,
        spans: Sequence[Span],
        *,
        isolation: Isolation = "read_committed",
        prefetch_bytes: int = 64 << 20,
    ) -> KafkaReader:
        from workbench.bus.kafka.reader import KafkaReader

        return KafkaReader(self._open, spans, isolation, prefetch_bytes)

    def writer(
        self,
        *,
        acks: Literal["all", "leader"] = "all",
        transactional_id: str | None = None,
        compression: Compression = "none",
    ) -> KafkaWriter:
        from workbench.bus.kafka.producing.tail import Tail
        from workbench.bus.kafka.writer import KafkaWriter

        # A transaction that is in doubt is aborted as a whole; other writers look before they send a batch again.
        tail = Tail(self) if acks == "all" and transactional_id is None else None
        return KafkaWriter(self._open, acks, transactional_id, tail, compression)

    def member(
        self,
        group_id: str,
        topics: Collection[str] | re.Pattern[str],
        *,
        start: Literal["earliest", "latest"] = "latest",
        session_timeout_ms: int = 30_000,
        on_revoke: Callable[[frozenset[TopicPartition]], Awaitable[None]] | None = None,
    ) -> KafkaMember:
        from workbench.bus.kafka.member import KafkaMember

        return KafkaMember(
            self._open,
            group_id,
            topics,
            start=start,
            session_timeout_ms=session_timeout_ms,
            on_revoke=on_revoke,
        )

    async def log_sizes(self, partitions: Iterable[TopicPartition]) -> dict[int, dict[TopicPartition, int]]:
        async with self._open.deadline("Reading the sizes of partitions"):
            return await log_sizes(self._open, partitions)

    async def groups(self) -> list[str]:
        async with self._open.deadline("Listing groups"):
            return await groups.list_ids(self._open)

    async def describe_groups(self, group_ids: Collection[str]) -> list[GroupInfo]:
        async with self._open.deadline("Describing groups"):
            return await groups.describe(self._open, group_ids)

    async def committed(self, group_id: str) -> dict[TopicPartition, CommittedOffset]:
        async with self._open.deadline(f"Reading offsets of group {group_id}"):
            return await groups.committed(self._open, group_id)

    async def commit_offsets(self, group_id: str, offsets: Mapping[TopicPartition, int]) -> None:
        async with self._open.deadline(f"Storing offsets of group {group_id}"):
            await groups.commit(self._open, group_id, offsets)

    async def delete_group(self, group_id: str) -> None:
        async with self._open.deadline(f"Deleting group {group_id}"):
            await groups.delete(self._open, group_id)

    async def create_topic(
        self,
        name: str,
        *,
        partitions: int = 1,
        replication_factor: int = 1,
        config: Mapping[str, str] | None = None,
    ) -> None:
        async with self._open.deadline(f"Creating topic {name}"):
            await admin.create_topic(self._open, name, partitions, replication_factor, config or {})

    async def add_partitions(self, name: str, total: int) -> None:
        async with self._open.deadline(f"Adding partitions to {name}"):
            await admin.add_partitions(self._open, name, total)

    async def alter_config(self, name: str, settings: Mapping[str, str | None]) -> None:
        async with self._open.deadline(f"Changing settings of topic {name}"):
            await admin.alter_config(self._open, name, settings)

    async def delete_topic(self, name: str) -> None:
        async with self._open.deadline(f"Deleting topic {name}"):
            await admin.delete_topic(self._open, name)

    async def delete_records(self, before: Mapping[TopicPartition, int]) -> None:
        """Move log starts up to the given offsets."""
        async with self._open.deadline("Deleting records"):
            await admin.delete_records(self._open, before)

    @property
    def _open(self) -> Session:
        if self._session is None:
            state = "was closed" if self._closed else "is not open yet: use it with 'async with', or await open()"
            raise RuntimeError(f"{self.address} {state}.")
        return self._session

    async def _at_time(
        self,
        partitions: Sequence[TopicPartition],
        timestamp_ms: int,
        isolation: Isolation,
    ) -> dict[TopicPartition, int | None]:
        found = await list_offsets(self._open, partitions, max(0, timestamp_ms), isolation)
        # No record is that late (-1): the answer is then the end, as for a time in the future.
        beyond = [partition for partition, offset in found.items() if offset < 0]
        return {**found, **await list_offsets(self._open, beyond, LATEST, isolation)}
