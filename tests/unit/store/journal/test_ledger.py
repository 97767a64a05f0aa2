"""The ledger of a run, read in parts."""

from __future__ import annotations

import pyarrow as pa
import pytest
from journal_rows import RUN, rows, started

from workbench.store.journal import NEVER_TRIED, Journal, Settlement, Transaction, running_here


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
