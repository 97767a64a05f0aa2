from __future__ import annotations

from typing import Any

from workbench.live.search import windows
from workbench.live.search.windows import steps_back
from workbench.model import Span, TopicPartition

NOW_MS = 1_700_000_000_000


class TimedLog:
    """Answers which offset is the first at or after a time: of records in any order of time."""

    def __init__(self, times: dict[int, list[int]]) -> None:
        self.times = times
        self.asked = 0

    async def offsets(self, partitions: list[TopicPartition], at: Any, *, isolation: str) -> dict[TopicPartition, int]:
        del isolation
        self.asked += 1
        return {
            place: next(
                (offset for offset, time in enumerate(self.times[place.partition]) if time >= at.timestamp_ms),
                len(self.times[place.partition]),
            )
            for place in partitions
        }


async def walked(times: dict[int, list[int]], start: int = 0) -> tuple[list[list[Span]], TimedLog]:
    log = TimedLog(times)
    spans = [Span("t", partition, start, len(found)) for partition, found in times.items()]
    return [step async for step in steps_back(log, spans, NOW_MS, isolation="read_committed")], log  # type: ignore[arg-type]


def covered(steps: list[list[Span]], partition: int) -> list[int]:
    own = [span for step in steps for span in step if span.partition == partition]
    return [offset for span in own for offset in reversed(range(span.start, span.stop or 0))]


async def test_all_offsets_are_covered_once_from_the_newest_on():
    times = {
        0: [NOW_MS - 1_000 * (500 - at) for at in range(500)],
        1: [NOW_MS - 40_000 * (300 - at) for at in range(300)],
        2: [],
        3: [-1, 0, NOW_MS + 99_999_999, 5, NOW_MS - 3, 0],
    }
    steps, log = await walked(times)
    for partition, found in times.items():
        assert covered(steps, partition) == list(reversed(range(len(found))))
    assert len(steps) > 3
    assert log.asked < 60


async def test_what_was_produced_at_one_moment_is_one_step(monkeypatch):
    monkeypatch.setattr(windows, "MOST_OFFSETS", 100)
    steps, _ = await walked({0: [NOW_MS - 86_400_000 * 365] * 1_000}, start=10)
    assert [[(span.start, span.stop) for span in step] for step in steps] == [[(10, 1_000)]]


async def test_steps_are_shorter_where_much_was_produced(monkeypatch):
    monkeypatch.setattr(windows, "MOST_OFFSETS", 100)
    monkeypatch.setattr(windows, "FEW_OFFSETS", 10)
    steps, _ = await walked({0: [NOW_MS - 100 * (3_000 - at) for at in range(3_000)]})
    assert covered(steps, 0) == list(reversed(range(3_000)))
    assert max((step[0].stop or 0) - step[0].start for step in steps) <= 100


async def test_nothing_to_read_asks_nobody():
    steps, log = await walked({0: []})
    assert (steps, log.asked) == ([], 0)
