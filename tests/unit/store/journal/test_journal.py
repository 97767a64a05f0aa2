"""The replay journal: its states, what a kill leaves, and what it refuses."""

from __future__ import annotations

import pyarrow as pa
import pytest
from journal_rows import POSITION_ROWS, RUN, SELECTED, plan, rows, started

from workbench.errors import SnapshotError, SnapshotFormatError, SnapshotLockedError
from workbench.store import SnapshotStore
from workbench.store.file.journal_tables import FORMER_LEDGER
from workbench.store.journal import (
    LEDGER,
    Journal,
    Settlement,
    Transaction,
    journal_path,
    running_here,
)


def settled(transaction: Transaction, state: str, outcomes: pa.Table, *, again: bool = False) -> Settlement:
    return Settlement(transaction, state, outcomes, again=again)


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "incident.journal.duckdb") as opened:
        yield opened
    running_here.ends(RUN)


def test_a_run_from_plan_to_verified(journal):
    started(journal)
    batch = Transaction("0", 0, 0, 2)
    journal.intent(RUN, batch)
    assert journal.ledger(RUN)["outcome"].to_pylist() == ["refused"]
    assert journal.selection(RUN).equals(SELECTED)
    assert journal.transactions(RUN)["state"].to_pylist() == ["intent"]
    journal.settle(
        RUN, settled(batch, "committed", rows(0, 1, 2, outcome="acked", target_offset=70, target_timestamp_ms=5))
    )
    journal.finish(RUN, "done")
    journal.finish(RUN, "verified")
    ledger = journal.ledger(RUN)
    assert ledger.schema.equals(LEDGER)
    assert ledger["seq"].to_pylist() == [0, 1, 2, 9]
    assert ledger["target_offset"].to_pylist() == [70, 71, 72, None]
    assert journal.positions(RUN)["next_target_offset"].to_pylist() == [73, None]
    assert journal.positions(RUN)["start_offset"].to_pylist() == [50, 50]
    row = journal.run(RUN)
    assert (row.state, row.reason, row.confirmed_by, row.error) == ("verified", "why", "me", None)
    assert row.created_at.isoformat() == "2027-01-15T08:00:00.123000"
    assert row.plan == plan()


def test_states_move_one_way(journal):
    journal.add_plan(plan(), writer_mode="idempotent")
    for state in ("running", "done", "verified", "in_doubt"):
        with pytest.raises(SnapshotError, match=f"is planned; it cannot become {state}"):
            journal.finish(RUN, state)
    journal.confirm(RUN, by="", reason="")
    with pytest.raises(SnapshotError, match="is confirmed"):
        journal.confirm(RUN, by="", reason="")
    with pytest.raises(SnapshotError, match="not in this journal"):
        journal.finish("another", "done")
    journal.enter(RUN, SELECTED)
    journal.start(RUN, POSITION_ROWS, rows())
    with pytest.raises(SnapshotError, match="is running: its records are entered"):
        journal.enter(RUN, SELECTED)
    journal.finish(RUN, "stopped", error="stopped on request")
    with pytest.raises(SnapshotError, match="is stopped"):
        journal.finish(RUN, "done")
    with pytest.raises(SnapshotError, match="is stopped"):
        journal.abandon(RUN)


def test_a_plan_is_entered_once(journal):
    journal.add_plan(plan(), writer_mode="transactional", reason="first")
    journal.confirm(RUN, by="", reason="")
    journal.add_plan(plan(), writer_mode="transactional", reason="second")
    (row,) = journal.runs()
    assert (row.state, row.reason) == ("confirmed", "first")


def test_planned_runs_are_found_by_token(journal):
    journal.add_plan(plan(), writer_mode="transactional")
    assert journal.planned("be9f0e35").run_id == RUN
    for wrong in ("be9f0e3", "", "be9f0e36", "%"):
        with pytest.raises(SnapshotError, match="no open plan"):
            journal.planned(wrong)
    journal.confirm(RUN, by="", reason="")
    with pytest.raises(SnapshotError, match="no open plan"):
        journal.planned("be9f0e35")
    with pytest.raises(SnapshotError, match="has no replay nothing"):
        journal.run("nothing")


def test_a_run_left_running_is_in_doubt_when_the_file_is_opened_again(journal):
    started(journal)
    journal.intent(RUN, Transaction("0", 0, 0, 0))
    journal.settle(RUN, settled(Transaction("0", 0, 0, 0), "committed", rows(0, outcome="acked", target_offset=70)))
    journal.intent(RUN, Transaction("0", 1, 1, 2))
    assert Journal(journal._connection).run(RUN).state == "running", "it runs in this very process"
    path = journal.path
    journal.close()
    running_here.ends(RUN)
    with Journal.open(path) as again:
        row = again.run(RUN)
        assert row.state == "in_doubt"
        assert row.finished_at is not None
        assert again.transactions(RUN)["state"].to_pylist() == ["committed", "unknown"]
        assert again.ledger(RUN)["outcome"].to_pylist() == ["acked", "unknown", "unknown", "refused"]
        assert again.in_doubt("c-1", ["copy", "other"]) == [RUN]
        assert again.in_doubt("c-2", ["copy"]) == []
        assert again.in_doubt("c-1", ["other"]) == []
        again.abandon(RUN, by="me", reason="looked")
        assert again.in_doubt("c-1", ["copy"]) == []
        row = again.run(RUN)
        assert (row.state, row.error) == (
            "abandoned",
            "abandoned by me; looked; the process that ran it ended without a result",
        )
        assert again.ledger(RUN)["outcome"].to_pylist() == ["acked", "unknown", "unknown", "refused"]


def test_a_resumed_run_forgets_what_it_sends_again_and_goes_on_counting(journal):
    started(journal)
    journal.intent(RUN, Transaction("0", 0, 0, 1))
    journal.settle(RUN, settled(Transaction("0", 0, 0, 1), "committed", rows(0, 1, outcome="acked", target_offset=70)))
    journal.intent(RUN, Transaction("0", 1, 2, 3))
    journal.settle(RUN, settled(Transaction("0", 1, 2, 3), "aborted", rows(2, 3, outcome="skipped", reason="aborted")))
    journal.finish(RUN, "stopped")
    assert journal.resume(RUN, pa.array([2, 3, 4], pa.int64())) == 2
    assert journal.ledger(RUN)["seq"].to_pylist() == [0, 1, 9]
    journal.intent(RUN, Transaction("0", 2, 2, 4))
    journal.finish(RUN, "in_doubt")
    assert journal.ledger(RUN)["outcome"].to_pylist() == ["acked", "acked", *["unknown"] * 3, "refused"]
    assert journal.transactions(RUN)["state"].to_pylist() == ["committed", "aborted", "unknown"]
    journal.abandon(RUN)
    with pytest.raises(SnapshotError, match="is abandoned; it cannot become running"):
        journal.resume(RUN, pa.array([], pa.int64()))


def test_a_ledger_of_an_earlier_version_is_kept(journal):
    started(journal)
    former = next(statement for statement in FORMER_LEDGER if "CREATE TABLE" in statement)
    values = "'orders', 0, 104, 'digest'::BLOB, 'copy', 1, 70, 5, NULL, 'acked', 'found', NULL"
    with journal._connection.cursor() as cursor:
        for statement in (
            "DROP TABLE replay_selection",
            "DROP TABLE replay_outcomes",
            former,
            f"INSERT INTO replay_records VALUES ('{RUN}', 4, {values})",
            "DELETE FROM workbench_schema WHERE version > 8",
        ):
            cursor.execute(statement)
    path = journal.path
    journal.close()
    with Journal.open(path) as again:
        (row,) = again.ledger(RUN).to_pylist()
    assert (row["seq"], row["offset"], row["outcome"], row["reason"]) == (4, 104, "acked", "found")
    assert (row["target_topic"], row["target_partition"], row["target_offset"]) == ("copy", 1, 70)


def test_a_statement_that_fails_leaves_nothing_half_written(journal):
    started(journal)
    journal.intent(RUN, Transaction("0", 0, 0, 0))
    broken = rows(0).set_column(1, "outcome", pa.array([None], pa.string()))
    with pytest.raises(SnapshotError):
        journal.settle(RUN, settled(Transaction("0", 0, 0, 0), "committed", broken))
    assert journal.transactions(RUN)["state"].to_pylist() == ["intent"]
    assert journal.ledger(RUN).num_rows == 1


def test_a_second_writer_and_a_foreign_file_are_refused(journal, tmp_path):
    with pytest.raises(SnapshotLockedError):
        Journal.open(journal.path)
    foreign = tmp_path / "foreign.duckdb"
    foreign.write_bytes(b"no database at all, whatever its name says" * 100)
    with pytest.raises(SnapshotFormatError):
        Journal.open(foreign)


@pytest.mark.parametrize(
    ("snapshot", "journal"),
    [("folder/incident.duckdb", "folder/incident.journal.duckdb"), ("a.db", "a.db.journal.duckdb")],
)
def test_the_journal_of_a_snapshot_lies_beside_it(snapshot, journal):
    assert str(journal_path(snapshot)) == journal


def left_in_doubt(journal: Journal) -> None:
    started(journal)
    journal.finish(RUN, "in_doubt", error="cut off")


def test_doubt_recorded_in_the_snapshot_is_seen_from_the_journal_beside_it(tmp_path):
    path = tmp_path / "incident.duckdb"
    with SnapshotStore.open(path, write=True) as store:
        left_in_doubt(Journal(store.connection))
    with SnapshotStore.open(path) as store, Journal.open(journal_path(path)) as beside:
        assert store.read_only
        assert beside.in_doubt("c-1", ["copy"]) == [f"{RUN} (recorded in incident.duckdb)"]
        assert beside.in_doubt("c-1", ["elsewhere"]) == []
        assert beside.in_doubt("c-2", ["copy"]) == []


def test_doubt_recorded_beside_a_snapshot_is_seen_from_its_own_journal(tmp_path):
    path = tmp_path / "incident.duckdb"
    SnapshotStore.open(path, write=True).close()
    with Journal.open(journal_path(path)) as beside:
        left_in_doubt(beside)
    with SnapshotStore.open(path, write=True) as store:
        own = Journal(store.connection)
        assert own.in_doubt("c-1", ["copy"]) == [f"{RUN} (recorded in incident.journal.duckdb)"]
        with Journal.open(journal_path(path)), pytest.raises(SnapshotLockedError):
            own.in_doubt("c-1", ["copy"])


def test_records_are_entered_once_and_gone_when_the_plan_is_refused(journal):
    journal.add_plan(plan(), writer_mode="transactional")
    journal.enter(RUN, SELECTED)
    journal.enter(RUN, SELECTED)
    assert journal.selection(RUN).equals(SELECTED), "a process that died before the start has left some"
    journal.forget(RUN)
    assert not journal.selection(RUN).num_rows
    journal.enter(RUN, SELECTED)
    journal.confirm(RUN, by="", reason="")
    journal.start(RUN, POSITION_ROWS, rows())
    journal.forget(RUN)
    assert journal.selection(RUN).equals(SELECTED), "a run that has started keeps its records"
