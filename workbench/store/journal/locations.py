"""The two files that may record replays of one snapshot: its own, and the journal beside it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.store.file.connection import Connection
from workbench.store.file.schema import stored_version
from workbench.store.snapshot.stored_sql import check_stored_sql

if TYPE_CHECKING:
    import os
    from collections.abc import Collection

SUFFIX = ".duckdb"
JOURNAL_SUFFIX = ".journal.duckdb"


def journal_path(snapshot: str | os.PathLike[str]) -> Path:
    """Return the journal file of a snapshot that was opened read-only: ``incident.journal.duckdb`` beside it."""
    path = Path(snapshot)
    return path.with_name(path.name.removesuffix(SUFFIX) + JOURNAL_SUFFIX)


def other_journal(path: Path) -> Path | None:
    """Return the other one of the two files, if it exists."""
    if path.name.endswith(JOURNAL_SUFFIX):
        stem = path.name.removesuffix(JOURNAL_SUFFIX)
        candidates = [path.with_name(stem + SUFFIX), path.with_name(stem)]
    else:
        candidates = [journal_path(path)]
    return next((candidate for candidate in candidates if candidate.is_file()), None)


def runs_in_doubt_elsewhere(path: Path, cluster_id: str, topics: Collection[str]) -> list[str]:
    """Return the runs on these topics that the other file records and whose result is not known.

    A run that is ``running`` there counts: whoever writes that file would hold its lock.

    Raises:
        SnapshotLockedError: The other file is being written, perhaps by a run on the same target.
        SnapshotFormatError: The other file brings views or macros that do more than read.
    """
    other = other_journal(path)
    if other is None:
        return []
    connection = Connection(other, other.with_name(f"{other.name}.segments"), read_only=True)
    try:
        with connection.cursor() as cursor:
            if stored_version(cursor) is None:
                return []
            # It may have come with a stranger's snapshot: its tables may be views.
            check_stored_sql(cursor, other)
            rows = cursor.execute(
                "SELECT run_id, plan FROM replays WHERE state IN ('in_doubt', 'running') AND target_cluster = ?",
                [cluster_id],
            ).fetchall()
    finally:
        connection.close()
    targets = ((run, set(json.loads(plan)["facts"]["targets"].values())) for run, plan in rows)
    return [f"{run} (recorded in {other.name})" for run, names in targets if names & set(topics)]
