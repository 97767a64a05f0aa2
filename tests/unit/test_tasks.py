"""Work in a thread ends when its caller is cancelled, also in the middle of a large plan."""

from __future__ import annotations

import asyncio
import threading

import pyarrow as pa
import pytest
from replay_samples import draft, facts, row

from workbench.buffers import mapped
from workbench.replay import make_plan
from workbench.replay.rewriting import edits, rewritten
from workbench.tasks import Stopped, check_stopped, in_thread


async def cancelled_in_the_middle(work, go_on=None):
    """Cancel work that says when it has begun; returns when it has ended."""
    begun, ended = threading.Event(), threading.Event()

    def noted():
        try:
            work(begun.set)
        except Stopped:
            ended.set()
            raise

    task = asyncio.ensure_future(in_thread(noted))
    assert await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    # Now it is told to stop.
    await asyncio.sleep(0)
    if go_on is not None:
        go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended.is_set(), "the thread has ended when the cancellation is raised"


async def test_a_cancelled_caller_stops_the_work():
    def endless(begun):
        while True:
            begun()
            check_stopped()

    async with asyncio.timeout(10):
        await cancelled_in_the_middle(endless)


async def test_the_result_and_the_error_come_through_and_other_threads_are_not_stopped():
    check_stopped()
    assert await in_thread(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        await in_thread(lambda: 1 / 0)
    assert await asyncio.to_thread(check_stopped) is None


BATCH = pa.RecordBatch.from_pydict({"n": [1]})


def three(**options):
    return draft(*(row(at, value=b'{"n": 1}') for at in range(3)), **options)


LOOPS = {
    "table": lambda told: mapped.mapped_table((BATCH for _ in iter(told, None)), BATCH.schema),
    "batches": lambda told: [told() for _ in mapped.batches_of(pa.Table.from_batches([BATCH] * 9))],
    "steps": lambda told: [told() for _ in mapped.steps_of(9)],
    "edits": lambda told: three().edit(lambda body: body if told() else None),
    "new ids": lambda told: told() and make_plan(three(ids="new"), facts()),
}


@pytest.mark.parametrize("kind", LOOPS)
async def test_long_loops_look(kind, monkeypatch):
    monkeypatch.setattr(mapped, "_STEP_NUMBERS", 1)
    monkeypatch.setattr(edits, "_STEP_ROWS", 1)
    monkeypatch.setattr(rewritten, "_STEP_ROWS", 1)
    go_on = threading.Event()

    def work(begun):
        def told():
            begun()
            return go_on.wait(10)

        LOOPS[kind](told)

    await cancelled_in_the_middle(work, go_on)
