"""Generates a seeded stream of records in time order: the same seed gives the same records."""

from __future__ import annotations

import heapq
import random
from dataclasses import replace
from itertools import count, takewhile
from typing import TYPE_CHECKING

from workbench.demo.flows import FLOWS
from workbench.demo.world import Sent, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbench.model import NewRecord

EVENTS_PER_FLOW = 12.6
"""Mean number of records of a flow, from which the rate of flows follows."""

TOPICS = {
    "workflow_events": 3,
    "task_events": 3,
    "artifact_events": 3,
    "user_events": 3,
    "node_events": 1,
    "mcp_events": 1,
    "data_events": 3,
    "system_events": 1,
    "delivery_events": 1,
    "user_profiles": 1,
    "dead_letter_queue": 1,
}
"""Logical topics and their partitions; ``user_profiles`` is compacted."""


class Traffic:
    """Generates the records of the demo system.

    Args:
        seed: Seed of all random numbers.
        rate: Records per second, on average.
        prefix: First segment of topic names.
        environment: Second segment of topic names, and the events' label.
    """

    def __init__(self, *, seed: int = 7, rate: float = 20.0, prefix: str = "onex", environment: str = "dev") -> None:
        if rate <= 0:
            raise ValueError(f"The rate of the demo traffic must be above 0 records per second, not {rate}.")
        self.rate = rate
        self._rng = random.Random(seed)  # noqa: S311 - believable, not secret
        self.world = World(self._rng, prefix, environment)

    @property
    def topics(self) -> dict[str, int]:
        """Physical topic names and their partition counts."""
        return {self.world.topic(name): partitions for name, partitions in TOPICS.items()}

    def stream(self, start_ms: int) -> Iterator[NewRecord]:
        """Yield records without end, in the order of their timestamps, from ``start_ms`` on."""
        waiting: list[tuple[int, int, NewRecord]] = []
        order = count()
        flow_at = float(start_ms)
        while True:
            while waiting and waiting[0][0] <= flow_at:
                yield heapq.heappop(waiting)[2]
            for sent in self._flow(int(flow_at)):
                for record in self._with_faults(sent):
                    heapq.heappush(waiting, (record.timestamp_ms or 0, next(order), record))
            flow_at += self._rng.expovariate(self.rate / EVENTS_PER_FLOW) * 1000

    def history(self, start_ms: int, end_ms: int) -> list[NewRecord]:
        """Return the records with timestamps in ``[start_ms, end_ms)``; flows that last longer are cut off."""
        return list(takewhile(lambda record: (record.timestamp_ms or 0) < end_ms, self.stream(start_ms)))

    def _flow(self, at_ms: int) -> list[Sent]:
        pick = self._rng.random()
        for share, flow in FLOWS:
            if pick < share:
                return flow(self.world, at_ms)
            pick -= share
        return FLOWS[-1][1](self.world, at_ms)

    def _with_faults(self, sent: Sent) -> Iterator[NewRecord]:
        """Add faults: duplicates, copies on another partition, late records, corrupt bytes."""
        record, luck = sent.record, self._rng.random()
        if luck < 0.006:  # noqa: PLR2004 - the producer sent it twice
            yield record
            yield replace(record, timestamp_ms=sent.at_ms + 3)
        elif luck < 0.010:  # noqa: PLR2004 - it arrives minutes after it happened
            yield replace(record, timestamp_ms=sent.at_ms + self._rng.randint(60_000, 240_000))
        elif luck < 0.0115 and record.value:  # noqa: PLR2004 - a producer crashed while writing
            yield record
            yield replace(record, value=record.value[: len(record.value) // 2] + b"\xff\xfe", headers=())
        else:
            yield record
