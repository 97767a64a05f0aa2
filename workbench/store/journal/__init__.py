"""The journal of replays, in a snapshot's file or beside it."""

from workbench.store.journal.journal import WAY_ON, Journal
from workbench.store.journal.ledger import NEVER_TRIED, RunLedger
from workbench.store.journal.locations import journal_path
from workbench.store.journal.reading import RecordedRuns
from workbench.store.journal.results import EDITS, LEDGER, OUTCOME_NAMES, OUTCOMES, POSITIONS, SELECTION
from workbench.store.journal.runs import RunHead, RunRow, Settlement, Transaction

__all__ = [
    "EDITS",
    "LEDGER",
    "NEVER_TRIED",
    "OUTCOMES",
    "OUTCOME_NAMES",
    "POSITIONS",
    "SELECTION",
    "WAY_ON",
    "Journal",
    "RecordedRuns",
    "RunHead",
    "RunLedger",
    "RunRow",
    "Settlement",
    "Transaction",
    "journal_path",
]
