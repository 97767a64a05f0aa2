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
from workbench.replay.run.sending import Sender
from workbench.store.journal import Journal


def die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise SystemExit


def arm(point: str) -> None:
    """Put the killing where it was asked for."""
    counts = {"intent": 0, "send": 0}

    def wrap(kind: type, name: str, *, before: bool, at_call: int) -> None:
        original = getattr(kind, name)

        def sync(self: Any, *arguments: Any, **named: Any) -> Any:
            counts[name] += 1
            if before and counts[name] == at_call:
                die()
            result = original(self, *arguments, **named)
            if not before and counts[name] == at_call:
                die()
            return result

        async def later(self: Any, *arguments: Any) -> Any:
            counts[name] += 1
            result = await original(self, *arguments)
            if counts[name] == at_call:
                settled.wait()
                die()
            return result

        settled = threading.Event()
        settle = Journal.settle

        def tell(self: Journal, *arguments: Any) -> None:
            settle(self, *arguments)
            settled.set()

        # In the journal's thread, while the second batch is sent.
        setattr(Journal, "settle", tell)  # noqa: B010 - a type checker refuses the assignment
        setattr(kind, name, later if asyncio.iscoroutinefunction(original) else sync)

    where = {
        "before_intent": (Journal, "intent", True, 2),
        "after_intent": (Journal, "intent", False, 2),
        "after_send": (Sender, "send", False, 2),
        "before_settle": (Journal, "intent", True, 3),
        "after_next_intent": (Journal, "intent", False, 3),
    }
    if point in where:
        kind, name, before, at_call = where[point]
        wrap(kind, name, before=before, at_call=at_call)


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
