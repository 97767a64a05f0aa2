"""Batches in the journal: one is entered while the one before it is sent, and taken back when it is not sent."""

from __future__ import annotations

import pyarrow as pa
import pytest
from journal_rows import POSITION_ROWS, RUN, SELECTED, plan, rows

from workbench.replay.plan.batches import Batch
from workbench.replay.run.batches.entries import BatchJournal
from workbench.store.journal import Journal, Settlement, running_here


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "runs.duckdb") as opened:
        opened.add_plan(plan(), writer_mode="idempotent")
        opened.confirm(RUN, by="", reason="")
        opened.enter(RUN, SELECTED)
        opened.start(RUN, POSITION_ROWS, rows())
        yield opened
    running_here.ends(RUN)


@pytest.fixture
def batches(journal):
    opened = BatchJournal(journal, RUN)
    yield opened
    opened.close()


def entered(journal: Journal) -> list[tuple[int, str]]:
    found = journal.transactions(RUN)
    return list(zip(found["first_seq"].to_pylist(), found["state"].to_pylist(), strict=True))


def of(*seqs: int) -> Batch:
    return Batch(pa.array(seqs, pa.int64()).to_numpy())


async def test_the_next_batch_is_entered_while_one_is_sent(journal, batches):
    first, second, third = of(0), of(1), of(2)
    begun = await batches.begin(first, second)
    batches.end(lambda: Settlement(begun, "committed", rows(0, outcome="acked")))
    await batches.begin(second, third)
    batches._thread.shutdown(wait=True)
    assert entered(journal) == [(0, "committed"), (1, "intent"), (2, "intent")]


async def test_a_run_that_ends_takes_back_what_it_has_not_sent(journal, batches):
    first, second = of(0), of(1)
    begun = await batches.begin(first, second)
    batches.end(lambda: Settlement(begun, "committed", rows(0, outcome="acked")))
    batches.settle()
    assert entered(journal) == [(0, "committed")]
    await batches.begin(second)
    assert entered(journal) == [(0, "committed"), (1, "intent")], "a run that waited goes on"


async def test_another_batch_may_follow(journal, batches):
    first, second = of(0, 1), of(2)
    begun = await batches.begin(first, second)
    batches.end(lambda: Settlement(begun, "aborted", rows(0, outcome="skipped", reason="refused")))
    await batches.begin(of(1), second)
    batches._thread.shutdown(wait=True)
    # In the order in which they are sent.
    assert entered(journal) == [(0, "aborted"), (1, "intent"), (2, "intent")]
