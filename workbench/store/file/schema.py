"""Makes the tables and views of a new snapshot file, and migrates files of earlier versions, from each to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from workbench.errors import SnapshotFormatError
from workbench.store.file.journal_tables import FORMER_LEDGER, OUTCOME_TABLE, SELECTION_TABLE
from workbench.store.file.lag_tables import FORMER_LAG_TABLES
from workbench.store.file.tables import SCHEMAS_TABLE, TABLES
from workbench.store.file.views import define_views

if TYPE_CHECKING:
    from pathlib import Path

_VERSION_2 = (
    # Views are bound to column names, so they go first; `migrate` defines them anew.
    "DROP VIEW IF EXISTS events",
    "ALTER TABLE packed_events RENAME COLUMN profile TO convention",
    "ALTER TABLE packed_events RENAME COLUMN profile_version TO convention_version",
    "ALTER TABLE segments ADD COLUMN events_layout INTEGER DEFAULT 1",
)

_VERSION_3 = (
    # Nothing ever wrote these tables; a feature that needs one adds it with a version of its own.
    "DROP TABLE schemas",
    "DROP TABLE replay_edits",
)

_VERSION_4 = FORMER_LAG_TABLES

_VERSION_5 = (
    # A copy that copy_to made of an older file has the columns already, and the older version.
    "ALTER TABLE segments ADD COLUMN IF NOT EXISTS records_crc32c BIGINT",
    "ALTER TABLE segments ADD COLUMN IF NOT EXISTS events_crc32c BIGINT",
)

_VERSION_6 = (
    "DROP VIEW IF EXISTS events",
    "ALTER TABLE packed_events ADD COLUMN IF NOT EXISTS format VARCHAR",
    "ALTER TABLE packed_events ADD COLUMN IF NOT EXISTS damage VARCHAR",
    # What was counted as undecodable is now three things, which the stored rows of before do not tell apart.
    "ALTER TABLE capture_ranges DROP COLUMN IF EXISTS undecodable",
    "ALTER TABLE capture_ranges ADD COLUMN IF NOT EXISTS without_envelope BIGINT",
    "ALTER TABLE capture_ranges ADD COLUMN IF NOT EXISTS raw BIGINT",
    "ALTER TABLE capture_ranges ADD COLUMN IF NOT EXISTS damaged BIGINT",
)

_VERSION_7 = (
    "DROP VIEW IF EXISTS events",
    "ALTER TABLE packed_events ADD COLUMN IF NOT EXISTS raw_reason VARCHAR",
    "ALTER TABLE packed_events ADD COLUMN IF NOT EXISTS decoded VARCHAR",
)

_VERSION_8 = (SCHEMAS_TABLE,)

_VERSION_9 = (SELECTION_TABLE,)

_VERSION_10 = (
    "DROP VIEW IF EXISTS events",
    "ALTER TABLE packed_events ADD COLUMN IF NOT EXISTS decoded_key VARCHAR",
)

_VERSION_11 = (OUTCOME_TABLE, *FORMER_LEDGER)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    _VERSION_2,
    _VERSION_3,
    _VERSION_4,
    _VERSION_5,
    _VERSION_6,
    _VERSION_7,
    _VERSION_8,
    _VERSION_9,
    _VERSION_10,
    _VERSION_11,
)
"""The statements that make each version out of the one before, from version 2 on. A file that went through them has the
same tables as a new one, whose are in `workbench.store.file.tables`."""

VERSION = 1 + len(MIGRATIONS)

OLDEST_READABLE = 10
"""A file of this version or newer can be read as it is."""


def stored_version(cursor: duckdb.DuckDBPyConnection) -> int | None:
    """Return the version of the open file; None for a file that is no snapshot."""
    try:
        # Without a function: a macro of a foreign file may have taken the name of any of them.
        row = cursor.execute("SELECT version FROM workbench_schema ORDER BY version DESC LIMIT 1").fetchone()
    except (duckdb.CatalogException, duckdb.BinderException):
        return None
    return row[0] if row is not None and isinstance(row[0], int) else None


def is_empty(cursor: duckdb.DuckDBPyConnection) -> bool:
    """Tell whether the open file holds no table at all."""
    return cursor.execute("SELECT 1 FROM duckdb_tables() LIMIT 1").fetchone() is None


def migrate(cursor: duckdb.DuckDBPyConnection, version: int, *, by: str) -> None:
    """Bring a file from ``version`` (0: empty) to `VERSION`, inside the caller's transaction."""
    if version == 0:
        # One call: each costs DuckDB's parser and planner a start of their own.
        cursor.execute(";".join(TABLES))
    for statements in MIGRATIONS[version - 1 :] if version else ():
        for statement in statements:
            cursor.execute(statement)
    if numbers := range(version + 1, VERSION + 1):
        values = ", ".join("(?, now()::TIMESTAMP, ?)" for _ in numbers)
        given = [part for number in numbers for part in (number, by)]
        cursor.execute(f"INSERT INTO workbench_schema VALUES {values}", given)  # noqa: S608 - placeholders
        define_views(cursor)


def check_version(version: int | None, path: Path) -> int:
    """Refuse a file that this program cannot read.

    Raises:
        SnapshotFormatError: A DuckDB file that is no snapshot, or one of a newer version.
    """
    if version is None:
        raise SnapshotFormatError(
            f"{path} is a DuckDB file, but no snapshot of the workbench. Open it with DuckDB, or name another file.",
            path=str(path),
            found="a DuckDB file without the table workbench_schema",
            expected=f"snapshot version {VERSION}",
        )
    if version > VERSION:
        raise SnapshotFormatError(
            f"{path} has snapshot version {version}; this workbench reads up to {VERSION}. Upgrade eventbus-workbench.",
            path=str(path),
            found=f"snapshot version {version}",
            expected=f"snapshot version {VERSION} or older",
        )
    return version
