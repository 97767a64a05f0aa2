"""The ledger of a run, read in parts."""

from __future__ import annotations

import json

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from journal_rows import POSITION_ROWS, RUN, SELECTED, plan, rows, started

from workbench.store.journal import (
    EDITS,
    NEVER_TRIED,
    OUTCOMES,
    SELECTION,
    Journal,
    Settlement,
    Transaction,
    running_here,
)
from workbench.store.journal import journal as journal_module
from workbench.store.journal import ledger as ledger_module


@pytest.fixture
def ledger(tmp_path):
    """Ten records: three acknowledged (of one no offset is known), two skipped, one refused, four never tried."""
    with Journal.open(tmp_path / "runs.duckdb") as journal:
        started(journal)
        given = [
            rows(0, 1, outcome="acked", target_offset=70, target_timestamp_ms=5),
            rows(2, outcome="acked", target_timestamp_ms=5),
            rows(3, outcome="skipped", reason="again"),
            rows(4, outcome="skipped", reason="never"),
        ]
        journal.settle(RUN, Settlement(Transaction("0", 0, 0, 4), "committed", pa.concat_tables(given)))
        yield journal.ledger_of(RUN)
    running_here.ends(RUN)


def test_rows_of_a_range_and_of_an_outcome(ledger):
    assert ledger.rows(1, 4)["seq"].to_pylist() == [1, 2, 3]
    assert ledger.rows(4)["seq"].to_pylist() == [4, 9]
    assert ledger.rows(outcome="skipped")["reason"].to_pylist() == ["again", "never"]


def test_counts_and_codes(ledger):
    assert ledger.counts() == {"acked": 3, "skipped": 2, "refused": 1, "failed": 0, "unknown": 0}
    assert ledger.outcomes().tolist() == [0, 0, 0, 1, 1, *[NEVER_TRIED] * 4, 2]
    assert ledger.untold() == 1


def test_what_need_not_be_sent(ledger):
    done, acked = ledger.settled({"again"})
    assert (done.tolist(), acked.tolist()) == ([0, 1, 2, 4], [0, 1, 2])


def test_by_target_position_and_by_body(ledger):
    seqs, offsets = ledger.written_at("copy", 0, 71, 99)
    assert (seqs.tolist(), offsets.tolist()) == ([1], [71])
    assert ledger.written_at("copy", 1, 0, 99)[0].tolist() == []
    assert ledger.with_bodies(pa.array([b"\0" * 32, b"\1" * 32])) == 1


def test_rows_and_edits_of_a_run_that_are_larger_than_the_memory_of_the_journal(tmp_path, monkeypatch):
    monkeypatch.setattr(journal_module, "_LIMIT_BYTES", 24 << 20)
    monkeypatch.setattr(ledger_module, "_ROWS", 1 << 12)
    count = 80_000
    seqs = pa.array(np.arange(count))
    selected = pa.table([pa.repeat(SELECTED[name][0], count) for name in SELECTED.column_names], schema=SELECTION)
    selected = selected.set_column(0, SELECTION.field("seq"), seqs)
    outcomes = pa.table(
        [seqs, pa.repeat("acked", count), *(pa.nulls(count, field.type) for field in list(OUTCOMES)[2:])],
        schema=OUTCOMES,
    )
    patch = json.dumps({"patch": [{"op": "add", "path": "/note", "value": "x" * 500}], "new_event_id": "id-1"})
    digest = pa.repeat(pa.scalar(b"\0" * 32, pa.binary()), count)
    edits = pa.table([seqs, pa.repeat(patch, count), digest, digest], schema=EDITS)
    with Journal.open(tmp_path / "runs.duckdb") as journal:
        journal.add_plan(plan(), writer_mode="transactional", reason="why")
        journal.confirm(RUN, by="me", reason="")
        journal.enter(RUN, *(table.to_reader(1 << 12) for table in (selected, edits)))
        journal.start(RUN, POSITION_ROWS, outcomes.slice(0, 0))
        journal.settle(RUN, Settlement(Transaction("0", 0, 0, count - 1), "committed", outcomes))
        running_here.ends(RUN)
        ledger = journal.ledger(RUN)
        assert ledger["seq"].equals(pa.chunked_array([seqs]))
        assert pc.unique(ledger["new_event_id"]).to_pylist() == ["id-1"]
        assert journal.edits(RUN).equals(edits)
