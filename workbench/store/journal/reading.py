"""Reads the runs that a file records without opening it for writing, so that nothing is created or changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.store.journal.locations import runs_in_doubt_elsewhere
from workbench.store.journal.redriven import arrived_home, sent_home
from workbench.store.journal.running_here import is_running_here
from workbench.store.journal.runs import select_heads

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from workbench.store.file.connection import Connection
    from workbench.store.journal.runs import RunHead


class RecordedRuns:
    """The runs in an open file; a run that its process left ``running`` is ``in_doubt``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def runs(self) -> list[RunHead]:
        """Return all runs, newest first."""
        with self._connection.cursor() as cursor:
            rows = select_heads(cursor, "true", [])
        return [
            replace(row, state="in_doubt") if row.state == "running" and not is_running_here(row.run_id) else row
            for row in rows
        ]

    def sent_home(self) -> dict[str, str]:
        """Return the run that sent each dead letter home; see `Journal.sent_home`."""
        with self._connection.cursor() as cursor:
            return sent_home(cursor) if select_heads(cursor, "true", []) else {}

    def arrived_home(self) -> dict[str, tuple[str, datetime | None]]:
        """Return the run that wrote each record of a dead letter; see `Journal.arrived_home`."""
        with self._connection.cursor() as cursor:
            return arrived_home(cursor) if select_heads(cursor, "true", []) else {}

    def in_doubt(self, cluster_id: str, topics: Collection[str]) -> list[str]:
        """Return the runs on these topics whose result is not known, in this file and in the journal beside it."""
        own = [
            row.run_id
            for row in self.runs()
            if row.state == "in_doubt" and row.target_cluster == cluster_id and set(row.target_topics) & set(topics)
        ]
        return own + runs_in_doubt_elsewhere(self._connection.path, cluster_id, topics)
