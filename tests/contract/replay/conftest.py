"""Backends and journals for replay tests."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from replay_bench import WRITABLE, Bench, select, write

from workbench.bus import open_log
from workbench.errors import WorkbenchError
from workbench.model import NewRecord
from workbench.replay import run_plan
from workbench.replay.plan import batches
from workbench.store.journal import Journal

BASE_MS = 1_700_000_000_000

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path


@pytest.fixture
async def bench(address: str, tmp_path: Path, topic_name: Callable[..., str]) -> AsyncIterator[Bench]:
    async with open_log(address) as log:
        with Journal.open(tmp_path / "journal.duckdb") as journal:
            bench = Bench(log, journal, topic_name)
            yield bench
        for topic in bench.created:
            with contextlib.suppress(WorkbenchError):
                async with asyncio.timeout(10):
                    await log.delete_topic(topic)


@pytest.fixture
def in_doubt(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a plan whose journal fails when it is to enter the end of the second of three batches."""

    async def run(target: str | None = "", *, settled: int = 1, **options: Any) -> tuple[Any, str]:
        monkeypatch.setattr(batches, "BATCH_RECORDS", 2)
        source = await bench.topic(1)
        target = await bench.topic(1) if target == "" else target
        records = [NewRecord(source, b"k%d" % at, b"v%d" % at, (), 0, BASE_MS + at) for at in range(6)]
        await write(bench.log, records)
        plan = await bench.plan(await select(bench.log, source, **options), target)

        def fails_after(count: int, entered: Callable[..., None]) -> Callable[..., None]:
            calls = iter(range(9))

            def enter(*arguments: Any) -> None:
                if next(calls) >= count:
                    raise OSError("the disk is gone")
                entered(*arguments)

            return enter

        # The end of a batch is entered when the next one was.
        monkeypatch.setattr(bench.journal, "intent", fails_after(2, bench.journal.intent))
        monkeypatch.setattr(bench.journal, "settle", fails_after(settled, bench.journal.settle))
        with pytest.raises(OSError, match="the disk is gone"):
            await run_plan(plan, bench.log, bench.journal, connection=WRITABLE, confirm=plan.token)
        monkeypatch.undo()
        assert bench.journal.run(plan.run_id).state == "in_doubt"
        return plan, plan.facts.target_topics[0]

    return run
