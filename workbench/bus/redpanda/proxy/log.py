"""`ProxyLog`: a record log that reads through the HTTP proxy, for following topics where nothing else is reachable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from workbench.bus.protocols import AtCommitted, AtTime
from workbench.bus.redpanda.proxy.bounds import UNKNOWN, count_partitions, find_end, is_away, is_inside
from workbench.bus.redpanda.proxy.reader import ProxyReader
from workbench.errors import (
    BrokerUnavailableError,
    ConfigurationError,
    HttpProxyError,
    UnknownTopicError,
    WindowError,
)
from workbench.model.topics import PartitionInfo, TopicInfo
from workbench.text import counted, partition_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
    from typing import Self

    from workbench.bus.protocols import OffsetSpec
    from workbench.bus.redpanda.proxy.client import HttpProxy
    from workbench.model.records.chunk import Isolation, Span
    from workbench.model.records.record import TopicPartition

_Answer = TypeVar("_Answer")
PROVENANCE = "via proxy: no headers, no times, null = empty, uncommitted"


class ProxyLog:
    """Reads partitions by offset through the HTTP proxy; see `workbench.bus.protocols.RecordLog`.

    No group is joined and nothing is changed. What the proxy does not tell (groups, times, settings, transactions) is
    refused with a `ConfigurationError`, and so is writing.

    Args:
        proxy: The client; closed by whoever made it.
        wanted: Names of topics that count where all topics are described: each costs requests.
        inside: An offset that is in the log of each partition, for logs that no longer have offset 0.
    """

    def __init__(self, proxy: HttpProxy, wanted: Callable[[str], bool], *, inside: int | None = None) -> None:
        self._proxy = proxy
        self._wanted = wanted
        self._inside = inside
        self._begins: dict[TopicPartition, int] = {}
        self._ends: dict[TopicPartition, int] = {}
        self._counts: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<ProxyLog {self.address}>"

    @property
    def address(self) -> str:
        """The URLs of the proxy."""
        return self._proxy.settings.name

    @property
    def cluster_id(self) -> str:
        """Empty: the proxy does not tell it."""
        return ""

    @property
    def provenance(self) -> str:
        """What is missing of each record, and how the ends were found."""
        if not self._ends:
            return PROVENANCE
        return f"{PROVENANCE}; ends of {counted(len(self._ends), 'partition')} found by trying offsets"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Do nothing: the client of the proxy has its own owner."""

    async def topic_names(self) -> list[str]:
        """Names of the topics, without internal ones."""
        return await self._asked(self._proxy.topics(), "")

    async def describe(self, topics: Collection[str] | None = None) -> list[TopicInfo]:
        """Describe the named topics, or all that are wanted; their partitions are counted, the rest is not known."""
        names = [name for name in await self.topic_names() if self._wanted(name)] if topics is None else sorted(topics)
        for name in names:
            known = self._counts.get(name, 0)
            self._counts[name] = await self._asked(count_partitions(self._proxy, name, known), name)
        return [_info(name, self._counts[name]) for name in names if self._counts[name]]

    async def offsets(
        self, partitions: Iterable[TopicPartition], at: OffsetSpec, *, isolation: Isolation = "read_committed"
    ) -> dict[TopicPartition, int | None]:
        """Find the first offset, or the end, of each partition; the end is the high watermark, whatever the isolation.

        Raises:
            ConfigurationError: Offset 0 is not in the log any more, and no other offset inside is known.
            WindowError: A time or a group is asked for, which the proxy does not know.
        """
        del isolation
        if isinstance(at, AtTime | AtCommitted):
            what = "times of records" if isinstance(at, AtTime) else "offsets of groups"
            raise WindowError(
                f'The HTTP proxy does not tell {what}. Start at an offset, "start" or "end".', text=str(at)
            )
        find = self._begin if at == "earliest" else self._end
        return {one: await self._asked(find(one), one.topic) for one in partitions}

    def reader(
        self, spans: Sequence[Span], *, isolation: Isolation = "read_committed", prefetch_bytes: int = 64 << 20
    ) -> ProxyReader:
        """Make a reader of uncommitted records: the proxy has no other.

        Raises:
            ConfigurationError: Committed records are asked for, as a capture does.
        """
        del prefetch_bytes
        if isolation != "read_uncommitted":
            _refuse("read committed records only, so nothing is captured through it")
        return ProxyReader(self._proxy, spans)

    def writer(self, **_: Any) -> NoReturn:
        _refuse("write or replay records")

    def member(self, *_: Any, **__: Any) -> NoReturn:
        _refuse("join a group")

    async def broker_settings(self, names: Collection[str]) -> dict[int, dict[str, str]]:
        del names
        _refuse("read settings of brokers")

    async def clock_offset(self) -> None:
        """Return None: the proxy tells no time."""

    async def log_sizes(self, *_: Any) -> NoReturn:
        _refuse("tell how much disk partitions take")

    async def groups(self) -> NoReturn:
        _refuse("list groups, so there is no lag")

    async def describe_groups(self, *_: Any) -> NoReturn:
        _refuse("describe groups, so there is no lag")

    async def committed(self, *_: Any) -> NoReturn:
        _refuse("read committed offsets, so there is no lag")

    async def commit_offsets(self, *_: Any) -> NoReturn:
        _refuse("commit offsets")

    async def create_topic(self, *_: Any, **__: Any) -> NoReturn:
        _refuse("create topics")

    async def add_partitions(self, *_: Any) -> NoReturn:
        _refuse("add partitions")

    async def alter_config(self, *_: Any) -> NoReturn:
        _refuse("change settings")

    async def delete_group(self, *_: Any) -> NoReturn:
        _refuse("delete groups")

    async def delete_topic(self, *_: Any) -> NoReturn:
        _refuse("delete topics")

    async def delete_records(self, *_: Any) -> NoReturn:
        _refuse("delete records")

    async def _begin(self, one: TopicPartition) -> int:
        if one not in self._begins:
            for offset in (0, self._inside):
                if offset is not None and await is_inside(self._proxy, one.topic, one.partition, offset):
                    self._begins[one] = offset
                    break
            else:
                raise ConfigurationError(_no_bound(one, self._inside))
        return self._begins[one]

    async def _end(self, one: TopicPartition) -> int:
        known = self._ends.get(one)
        # The offset found last is inside as long as the log was not cut, so the next search is short.
        if known is None or not await is_inside(self._proxy, one.topic, one.partition, known):
            known = await self._begin(one)
        self._ends[one] = await find_end(self._proxy, one.topic, one.partition, known)
        return self._ends[one]

    async def _asked(self, question: Awaitable[_Answer], topic: str) -> _Answer:
        """Wait for an answer; errors of the proxy become those that every record log raises."""
        try:
            return await question
        except HttpProxyError as error:
            if is_away(error):
                raise BrokerUnavailableError(error.message, addresses=[self.address]) from error
            if error.error_code == UNKNOWN:
                raise UnknownTopicError(error.message, topic=topic) from error
            raise


def _info(name: str, count: int) -> TopicInfo:
    partitions = tuple(PartitionInfo(number, None, (), (), None, None) for number in range(count))
    return TopicInfo(name, None, internal=False, partitions=partitions)


def _no_bound(one: TopicPartition, inside: int | None) -> str:
    tried = "Offset 0" if inside is None else f"Neither offset 0 nor {inside}"
    return (
        f"{tried} is in {partition_text(one.topic, one.partition)}, and the HTTP proxy tells neither where the log "
        "begins nor where it ends. Give start=OFFSET, an offset that is in the log of every partition."
    )


def _refuse(what: str) -> NoReturn:
    raise ConfigurationError(
        f"The HTTP proxy cannot {what}: it is for following topics only. Connect over the Kafka protocol."
    )
