"""Runs one member of a consumer group: partitions concurrently, each in offset order, commits after handling."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from workbench.errors import WorkbenchError
from workbench.model import TopicPartition

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from opentelemetry.trace import Link

    from workbench.bus.protocols import GroupMember
    from workbench.eventbus.subscribing.delivery import Delivery
    from workbench.model import CommittedOffset, Record
    from workbench.tasks import Supervisor

log = logging.getLogger(__name__)

COMMIT_INTERVAL_S = 0.1
RETRY_INTERVAL_S = 1.0
_START_COMMITS = 3
"""Attempts to commit the start positions before subscribing returns; polling goes on with those that are missing."""


@dataclass(frozen=True, slots=True)
class _Received:
    record: Record
    links: Sequence[Link]
    """Links to the span of the poll that returned it."""


@dataclass(slots=True)
class _PartitionQueue:
    """Records of one held partition that wait for the handler."""

    partition: TopicPartition
    waiting: deque[_Received] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    done: int | None = None
    """Next offset to commit."""
    committed: int | None = None
    stopping: bool = False
    blocked_by: BaseException | None = None
    """The error that keeps the first record from being finished; it is tried again."""


class Subscription:
    """Polls a member, hands records to a delivery, and commits what is done.

    A partition is paused while ``max_poll_records`` of its records wait, so a slow handler delays only its own
    partition. Polling goes on for the others, which also keeps the member in its group. When a record cannot be
    finished (its dead letter is refused), its partition is listed in `blocked` and the record is tried again; nothing
    is committed past it.
    """

    def __init__(
        self,
        name: str,
        member: Callable[[Subscription], GroupMember],
        delivery: Delivery,
        tasks: Supervisor,
        committed: Callable[[], Awaitable[Mapping[TopicPartition, CommittedOffset]]],
        *,
        max_poll_records: int = 500,
        max_in_flight: int = 64,
        drain_timeout_s: float = 30.0,
    ) -> None:
        self.name = name
        self.delivery = delivery
        self._member = member(self)
        self._tasks = tasks
        self._committed = committed
        self._with_start: frozenset[TopicPartition] = frozenset()
        self._starts: dict[TopicPartition, int] = {}
        self._max_poll_records = max_poll_records
        self._max_queued = max_poll_records
        self._slots = asyncio.Semaphore(max_in_flight)
        self._drain_timeout_s = drain_timeout_s
        self._queues: dict[TopicPartition, _PartitionQueue] = {}
        self._paused: set[TopicPartition] = set()
        self._closing: asyncio.Task[None] | None = None
        self._stop = False
        self._poll_task: asyncio.Task[None] | None = None

    @property
    def blocked(self) -> dict[TopicPartition, BaseException]:
        """Partitions whose first record cannot be finished, with the error."""
        return {queue.partition: queue.blocked_by for queue in self._queues.values() if queue.blocked_by is not None}

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """Partitions held now."""
        return self._member.assignment

    async def start(self) -> None:
        """Join the group; returns once partitions are assigned and their positions resolved."""
        await self._member.__aenter__()
        for _ in range(_START_COMMITS):
            await self._commit_start()
            if self._member.assignment <= self._with_start:
                break
        self._poll_task = self._tasks.spawn(f"{self.name}/poll", self._poll_loop())

    async def aclose(self) -> None:
        """End delivery: let running handlers finish, commit what succeeded, leave the group. Idempotent."""
        if self._closing is None:
            self._closing = self._tasks.spawn(f"{self.name}/close", self._close())
        # Shielded: a caller that is cancelled must not leave a member in the group that nobody polls for.
        await asyncio.shield(self._closing)

    async def revoke(self, partitions: frozenset[TopicPartition]) -> None:
        """Finish the running handlers of partitions that move to another member, and commit."""
        queues = [self._queues.pop(p) for p in partitions if p in self._queues]
        # In this order, and before the member gives the partitions up: what is not committed is delivered again.
        await self._drain(queues)
        await self._commit(queues)
        self._paused -= partitions

    async def _poll_loop(self) -> None:
        last_commit = asyncio.get_running_loop().time()
        while not self._stop:
            try:
                await self._poll()
                now = asyncio.get_running_loop().time()
                if now - last_commit >= COMMIT_INTERVAL_S:
                    await self._commit(list(self._queues.values()))
                    last_commit = now
            except WorkbenchError as error:
                log.warning("%s could not reach its group and tries again: %s", self.name, error)
                await asyncio.sleep(RETRY_INTERVAL_S)

    async def _commit_start(self) -> None:
        """Commit the start position of partitions for which the group has no committed offset.

        Without it, records would be lost when a member dies, or the group rebalances, before the first commit: reading
        would start at the end again.
        """
        held = self._member.assignment
        if held <= self._with_start:
            self._with_start = held
            return
        stored = await self._committed()
        missing = held - self._with_start - stored.keys()
        # Where each began, also when it is committed again later: by then the position may be behind records at work.
        self._starts = {p: self._starts[p] if p in self._starts else await self._member.position(p) for p in missing}
        if missing:
            await self._member.commit(self._starts)
        # A commit is dropped while the group rebalances. So these count once they are seen among the stored offsets.
        self._with_start = held - missing

    async def _poll(self) -> None:
        await self._commit_start()
        records = await self._member.poll(self._max_poll_records, 100)
        self._drop_lost()
        if records:
            links = self.delivery.observer.received(records, self.delivery.consumer_group)
            for record in records:
                self._enqueue(_Received(record, links))
        self._pause_full()

    def _enqueue(self, received: _Received) -> None:
        partition = TopicPartition(received.record.topic, received.record.partition)
        queue = self._queues.setdefault(partition, _PartitionQueue(partition))
        queue.waiting.append(received)
        if queue.task is None or queue.task.done():
            queue.task = self._tasks.spawn(f"{self.name}/{partition}/{id(queue)}", self._work(queue))

    async def _work(self, queue: _PartitionQueue) -> None:
        while queue.waiting and not queue.stopping:
            received = queue.waiting[0]
            async with self._slots:
                finished = await self._deliver(queue, received)
            if finished:
                queue.waiting.popleft()
                queue.done = received.record.offset + 1
            elif not queue.stopping:
                await asyncio.sleep(RETRY_INTERVAL_S)

    async def _deliver(self, queue: _PartitionQueue, received: _Received) -> bool:
        try:
            await self.delivery.deliver(received.record, received.links)
        except Exception as error:
            if queue.blocked_by is None:
                log.exception("%s is blocked at %s", self.name, received.record.position)
            queue.blocked_by = error
            return False
        queue.blocked_by = None
        return True

    def _drop_lost(self) -> None:
        held = self._member.assignment
        for partition in [p for p in self._queues if p not in held]:
            queue = self._queues.pop(partition)
            queue.stopping = True
            # The record at work stays, because `_work` still removes it; the others belong to another member now.
            queue.waiting = deque(list(queue.waiting)[:1])
            self._paused.discard(partition)

    def _pause_full(self) -> None:
        full = {p for p, queue in self._queues.items() if len(queue.waiting) >= self._max_queued}
        if start := full - self._paused:
            self._member.pause(start)
        if stop := {p for p in self._paused - full if p in self._queues}:
            self._member.resume(stop)
        self._paused = full

    async def _commit(self, queues: list[_PartitionQueue]) -> None:
        due = {
            queue.partition: queue.done for queue in queues if queue.done is not None and queue.done != queue.committed
        }
        if not due:
            return
        await self._member.commit(due)
        for queue in queues:
            if queue.partition in due:
                queue.committed = due[queue.partition]

    async def _drain(self, queues: list[_PartitionQueue]) -> None:
        for queue in queues:
            queue.stopping = True
        running = [queue.task for queue in queues if queue.task is not None and not queue.task.done()]
        if not running:
            return
        _, late = await asyncio.wait(running, timeout=self._drain_timeout_s)
        for task in late:
            log.warning("%s: a handler did not end within %g s and was cancelled", self.name, self._drain_timeout_s)
            task.cancel()
        if late:
            await asyncio.wait(late, timeout=1.0)

    async def _close(self) -> None:
        self._stop = True
        if self._poll_task is not None:
            await asyncio.wait([self._poll_task])
        queues = list(self._queues.values())
        await self._drain(queues)
        try:
            await self._commit(queues)
        finally:
            self._queues.clear()
            await self._member.aclose()
