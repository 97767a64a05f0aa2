"""Plans in a journal, which has little memory."""

from __future__ import annotations

import json

import pytest
from journal_rows import RUN, plan

from workbench.errors import SnapshotError
from workbench.store.journal import Journal


@pytest.fixture
def journal(tmp_path):
    with Journal.open(tmp_path / "incident.journal.duckdb") as opened:
        yield opened


def test_a_journal_holds_more_plans_than_its_memory(journal):
    large = [
        plan(f"{at}{RUN}") | {"edits": {"arrow": str(at) * (30 << 20)}, "document": {"records": at}} for at in (1, 2)
    ]
    for one in large:
        journal.add_plan(one, writer_mode="transactional")
    assert [row.shown["document"] for row in journal.runs()] == [{"records": 1}, {"records": 2}]
    assert [journal.run(f"{at}{RUN}").plan for at in (1, 2)] == large


@pytest.mark.parametrize("content", ["{broken", "[1]", ""])
def test_a_plan_that_somebody_damaged_is_an_error_of_ours(journal, content):
    journal.add_plan(plan(), writer_mode="transactional")
    with journal._connection.transaction() as cursor:
        cursor.execute("DELETE FROM replay_plans")
        cursor.execute("INSERT INTO replay_plans VALUES (?, 0, ?)", [RUN, content])
    with pytest.raises(SnapshotError, match=f"no readable plan of run {RUN}"):
        journal.run(RUN)


def test_a_plan_that_an_earlier_version_entered_is_read(journal):
    journal.add_plan(plan(), writer_mode="transactional")
    with journal._connection.transaction() as cursor:
        cursor.execute("DELETE FROM replay_plans")
        cursor.execute("UPDATE replays SET plan = ?", [json.dumps(plan() | {"more": 1})])
    assert journal.run(RUN).plan == plan() | {"more": 1}
    assert journal.runs()[0].target_topics == ["copy"]
