"""Runs a plan in a process of its own, or resumes its run, and may kill that process at a named point.

Arguments: address, journal, source, target, point, writer, records in a batch, run to resume (or nothing).
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

sys.path.insert(0, str(Path(__file__).parent))

from replay_bench import WRITABLE, Bench, select

from workbench.bus import open_log
from workbench.replay import plan_from_json, resume_run
from workbench.replay.plan import batches
from workbench.replay.run.batches.entries import BatchJournal
from workbench.replay.run.batches.sending import Sender
from workbench.store.journal import Journal


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit


class Kill:
    """Kills this process at a call of an asynchronous method, when so many batches and ends are in the journal."""

    def __init__(self, kind: type, name: str, *, before: bool, at_call: int, entered: int, settled: int) -> None:
        self._calls = 0
        self._entries = [threading.Semaphore(0), threading.Semaphore(0)]
        for entry, method in zip(self._entries, ("intent", "settle"), strict=True):
            self._count(method, entry)
        original = getattr(kind, name)

        async def call(that: Any, *arguments: Any) -> Any:
            self._calls += 1
            if before and self._calls == at_call:
                self._die(entered, settled)
            result = await original(that, *arguments)
            if not before and self._calls == at_call:
                self._die(entered, settled)
            return result

        setattr(kind, name, call)

    def _count(self, method: str, entry: threading.Semaphore) -> None:
        original = getattr(Journal, method)

        def tell(journal: Journal, *arguments: Any) -> None:
            original(journal, *arguments)
            entry.release()

        setattr(Journal, method, tell)

    def _die(self, *counts: int) -> None:
        # The journal has a thread of its own, which enters the next batch and the end of the last one meanwhile.
        for entry, count in zip(self._entries, counts, strict=True):
            for _ in range(count):
                entry.acquire()
        die()


def arm(point: str) -> None:
    """Put the killing where it was asked for."""
    match point:
        case "before_the_first":
            Kill(BatchJournal, "begin", before=False, at_call=1, entered=2, settled=0)
        case "before_send":
            Kill(BatchJournal, "begin", before=False, at_call=2, entered=3, settled=1)
        case "after_send":
            Kill(Sender, "send", before=False, at_call=2, entered=3, settled=1)
        case "before_settle":
            Kill(BatchJournal, "begin", before=True, at_call=3, entered=3, settled=1)
        case "at_the_last":
            Kill(BatchJournal, "begin", before=False, at_call=4, entered=4, settled=3)


async def main(address: str, journal: str, source: str, target: str, *, writer: str, run_id: str | None) -> None:
    async with open_log(address) as log:
        with Journal.open(journal) as opened:
            bench = Bench(log, opened, str)
            draft = await select(log, source, writer=writer, max_records=1_000_000)
            if run_id is None:
                plan = await bench.plan(draft, target)
                print(plan.run_id, flush=True)  # noqa: T201 - the parent reads it
                await bench.run(plan, verify=False)
            else:
                plan = plan_from_json(opened.run(run_id).plan, draft)
                print(plan.run_id, flush=True)  # noqa: T201 - same
                await resume_run(plan, log, opened, connection=WRITABLE, verify=False)
    print("done", flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    address, journal, source, target, point, writer, size, *resumed = sys.argv[1:]
    batches.BATCH_RECORDS = int(size)
    arm(point)
    asyncio.run(main(address, journal, source, target, writer=writer, run_id=resumed[0] if resumed else None))
