from __future__ import annotations

import duckdb
import pytest

from workbench.errors import SnapshotFormatError
from workbench.eventbus import EventStore
from workbench.store import SnapshotStore
from workbench.store.journal import Journal, journal_path
from workbench.store.journal.locations import runs_in_doubt_elsewhere

HOSTILE = [
    "ALTER TABLE replays RENAME TO r; CREATE VIEW replays AS SELECT * FROM r, query('SELECT 1')",
    "CREATE VIEW more AS SELECT * FROM checkpoint()",
    "CREATE SEQUENCE s; CREATE MACRO max(a) AS nextval('s')",
    "CREATE TRIGGER t AFTER INSERT ON replays FOR EACH STATEMENT DELETE FROM replay_outcomes",
]
READING = ["CREATE VIEW mine AS SELECT count(*) AS n FROM replays", "CREATE MACRO half(a) AS a / 2"]


@pytest.fixture
def beside(tmp_path):
    """A snapshot, and its journal that may come from a stranger: `beside(statement)` gives the paths of both."""

    def make(statement):
        snapshot = tmp_path / "incident.duckdb"
        SnapshotStore.open(snapshot, write=True).close()
        Journal.open(journal_path(snapshot)).close()
        with duckdb.connect(str(journal_path(snapshot))) as stranger:
            stranger.execute(statement)
        return snapshot, journal_path(snapshot)

    return make


@pytest.mark.parametrize("statement", HOSTILE)
def test_a_journal_that_does_more_than_read_is_refused_wherever_it_is_opened(beside, statement):
    snapshot, journal = beside(statement)
    for opened in (
        lambda: Journal.open(journal),
        lambda: runs_in_doubt_elsewhere(snapshot, "cluster", ["orders"]),
        lambda: EventStore.open(journal),
    ):
        with pytest.raises(SnapshotFormatError, match=r"incident\.journal\.duckdb brings the"):
            opened()


@pytest.mark.parametrize("statement", READING)
def test_views_and_macros_that_read_are_welcome(beside, statement):
    snapshot, journal = beside(statement)
    Journal.open(journal).close()
    assert runs_in_doubt_elsewhere(snapshot, "cluster", ["orders"]) == []
