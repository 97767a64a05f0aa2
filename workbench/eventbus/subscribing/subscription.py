"""One member of a consumer group at work: partitions side by side, each in offset order, commits after handling."""

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


@dataclass(frozen=True, slots=True)
class _Received:
    record: Record
    links: Sequence[Link]
    """To the span of the poll that brought it."""


@dataclass(slots=True)
class _Lane:
    """Records of one held partition that wait for their turn."""

    partition: TopicPartition
    waiting: deque[_Received] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None
    done: int | None = None
    """Next offset to commit."""
    committed: int | None = None
    stopping: bool = False
    trouble: BaseException | None = None
    """Why the lane stands still: the dead letter of its record cannot be written."""


class Subscription:
    """Polls a member, hands records to a delivery, and commits what is done.

    A partition is paused while more than ``max_queued`` of its records wait, so a slow handler holds up only its own
    partition; heartbeats go on. When a record cannot be finished (its dead letter is refused), its partition stands
    still, says so in `troubles`, and tries again; nothing is committed past it.
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
        self._anchored: frozenset[TopicPartition] = frozenset()
        self._max_poll_records = max_poll_records
        self._max_queued = max_poll_records
        self._slots = asyncio.Semaphore(max_in_flight)
        self._drain_timeout_s = drain_timeout_s
        self._lanes: dict[TopicPartition, _Lane] = {}
        self._paused: set[TopicPartition] = set()
        self._closing: asyncio.Task[None] | None = None
        self._stop = False
        self._poll_task: asyncio.Task[None] | None = None

    @property
    def troubles(self) -> dict[TopicPartition, BaseException]:
        """Partitions that stand still, and why."""
        return {lane.partition: lane.trouble for lane in self._lanes.values() if lane.trouble is not None}

    @property
    def assignment(self) -> frozenset[TopicPartition]:
        """Partitions held now."""
        return self._member.assignment

    async def start(self) -> None:
        """Join the group; returns once partitions are assigned and their positions resolved."""
        await self._member.__aenter__()
        await self._anchor()
        self._poll_task = self._tasks.spawn(f"{self.name}/poll", self._poll_loop())

    async def aclose(self) -> None:
        """End delivery: let running handlers finish, commit what succeeded, leave the group. Idempotent."""
        if self._closing is None:
            self._closing = self._tasks.spawn(f"{self.name}/close", self._close())
        await asyncio.shield(self._closing)

    async def revoke(self, partitions: frozenset[TopicPartition]) -> None:
        """Finish what is in hand of partitions about to move to another member, and commit it."""
        lanes = [self._lanes.pop(p) for p in partitions if p in self._lanes]
        await self._drain(lanes)
        await self._commit(lanes)
        self._paused -= partitions

    async def _poll_loop(self) -> None:
        last_commit = asyncio.get_running_loop().time()
        while not self._stop:
            try:
                await self._poll()
                now = asyncio.get_running_loop().time()
                if now - last_commit >= COMMIT_INTERVAL_S:
                    await self._commit(list(self._lanes.values()))
                    last_commit = now
            except WorkbenchError as error:
                log.warning("%s could not reach its group and tries again: %s", self.name, error)
                await asyncio.sleep(RETRY_INTERVAL_S)

    async def _anchor(self) -> None:
        """Commit where a partition begins for which the group committed nothing.

        Without it a member that dies before its first commit would lose what it was given: the next one would start at
        the end again.
        """
        held = self._member.assignment
        if held <= self._anchored:
            self._anchored = held
            return
        stored = await self._committed()
        begins = {p: await self._member.position(p) for p in held - self._anchored if p not in stored}
        if begins:
            await self._member.commit(begins)
        self._anchored = held

    async def _poll(self) -> None:
        await self._anchor()
        records = await self._member.poll(self._max_poll_records, 100)
        self._forget_lost()
        if records:
            links = self.delivery.observer.received(records, self.delivery.consumer_group)
            for record in records:
                self._queue(_Received(record, links))
        self._apply_pressure()

    def _queue(self, received: _Received) -> None:
        partition = TopicPartition(received.record.topic, received.record.partition)
        lane = self._lanes.setdefault(partition, _Lane(partition))
        lane.waiting.append(received)
        if lane.task is None or lane.task.done():
            lane.task = self._tasks.spawn(f"{self.name}/{partition}/{id(lane)}", self._work(lane))

    async def _work(self, lane: _Lane) -> None:
        while lane.waiting and not lane.stopping:
            received = lane.waiting[0]
            async with self._slots:
                finished = await self._deliver(lane, received)
            if finished:
                lane.waiting.popleft()
                lane.done = received.record.offset + 1
            elif not lane.stopping:
                await asyncio.sleep(RETRY_INTERVAL_S)

    async def _deliver(self, lane: _Lane, received: _Received) -> bool:
        try:
            await self.delivery.deliver(received.record, received.links)
        except Exception as error:
            if lane.trouble is None:
                log.exception("%s stands still at %s", self.name, received.record.position)
            lane.trouble = error
            return False
        lane.trouble = None
        return True

    def _forget_lost(self) -> None:
        held = self._member.assignment
        for partition in [p for p in self._lanes if p not in held]:
            lane = self._lanes.pop(partition)
            lane.stopping = True
            lane.waiting = deque(list(lane.waiting)[:1])
            self._paused.discard(partition)

    def _apply_pressure(self) -> None:
        full = {p for p, lane in self._lanes.items() if len(lane.waiting) >= self._max_queued}
        if start := full - self._paused:
            self._member.pause(start)
        if stop := {p for p in self._paused - full if p in self._lanes}:
            self._member.resume(stop)
        self._paused = full

    async def _commit(self, lanes: list[_Lane]) -> None:
        due = {lane.partition: lane.done for lane in lanes if lane.done is not None and lane.done != lane.committed}
        if not due:
            return
        await self._member.commit(due)
        for lane in lanes:
            if lane.partition in due:
                lane.committed = due[lane.partition]

    async def _drain(self, lanes: list[_Lane]) -> None:
        for lane in lanes:
            lane.stopping = True
        running = [lane.task for lane in lanes if lane.task is not None and not lane.task.done()]
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
        lanes = list(self._lanes.values())
        await self._drain(lanes)
        try:
            await self._commit(lanes)
        finally:
            self._lanes.clear()
            await self._member.aclose()
