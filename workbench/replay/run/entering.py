"""Enters the records of a plan in the journal while the rules look at them again, because both take long."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.replay.run.ledger_rows import edit_rows, selection_rows

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from workbench.replay.plan.plan import Plan
    from workbench.store.journal import Journal


@contextlib.asynccontextmanager
async def entered(plan: Plan, journal: Journal) -> AsyncIterator[None]:
    """Enter the records of a plan while the body runs; all are durable behind it, or gone where it raised."""
    refused = threading.Event()
    entering = asyncio.create_task(asyncio.to_thread(_enter, plan, journal, refused), name="replay-entering")
    try:
        yield
        await asyncio.shield(entering)
    except BaseException:
        refused.set()
        await asyncio.wait([entering])
        await asyncio.to_thread(journal.forget, plan.run_id)
        raise


def _enter(plan: Plan, journal: Journal, refused: threading.Event) -> None:
    journal.enter(plan.run_id, _until(refused, selection_rows(plan)), _until(refused, edit_rows(plan)))


def _until(refused: threading.Event, parts: pa.RecordBatchReader) -> pa.RecordBatchReader:
    def taken() -> Iterator[pa.RecordBatch]:
        for part in parts:
            if refused.is_set():
                return
            yield part

    return pa.RecordBatchReader.from_batches(parts.schema, taken())
