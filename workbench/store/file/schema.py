"""Creates the tables and views of a snapshot file, and migrates each version to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from workbench.errors import SnapshotFormatError
from workbench.store.file.journal_tables import FORMER_LEDGER, JOURNAL_TABLES, OUTCOME_TABLE, SELECTION_TABLE
from workbench.store.file.lag_tables import FORMER_LAG_TABLES, LAG_TABLES
from workbench.store.file.layout import GAP, STORED_RECORD, former_layout
from workbench.store.file.types import columns, sql_type
from workbench.store.file.views import define_views

if TYPE_CHECKING:
    from pathlib import Path

_CAPTURE_TABLES = (
    """
    CREATE TABLE sources (
        source_id INTEGER PRIMARY KEY, cluster_id VARCHAR, cluster VARCHAR, topic VARCHAR NOT NULL, topic_id VARCHAR,
        partitions INTEGER, first_seen TIMESTAMP
    )""",
    """
    CREATE TABLE captures (
        capture_id VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP, topics VARCHAR NOT NULL,
        "start" VARCHAR, "end" VARCHAR, isolation VARCHAR NOT NULL, follow BOOLEAN NOT NULL, state VARCHAR NOT NULL,
        reason VARCHAR, notes VARCHAR[] NOT NULL
    )""",
    f"""
    CREATE TABLE capture_ranges (
        capture_id VARCHAR NOT NULL, source_id INTEGER NOT NULL, "partition" INTEGER NOT NULL, "from" BIGINT NOT NULL,
        next BIGINT NOT NULL, "end" BIGINT, gaps {sql_type(GAP)}[] NOT NULL, records BIGINT NOT NULL,
        control BIGINT NOT NULL, aborted BIGINT NOT NULL, undecodable BIGINT NOT NULL, isolation VARCHAR NOT NULL,
        state VARCHAR NOT NULL, reason VARCHAR
    )""",
    """
    CREATE TABLE segments (
        segment_id INTEGER NOT NULL, records_file VARCHAR NOT NULL, events_file VARCHAR NOT NULL,
        "rows" BIGINT NOT NULL, records_bytes BIGINT NOT NULL, events_bytes BIGINT NOT NULL
    )""",
    """
    CREATE TABLE segment_positions (
        segment_id INTEGER NOT NULL, source_id INTEGER NOT NULL, "partition" INTEGER NOT NULL,
        first_offset BIGINT NOT NULL, last_offset BIGINT NOT NULL, "rows" BIGINT NOT NULL
    )""",
    f"CREATE TABLE packed_records ({columns(STORED_RECORD)})",
    f"CREATE TABLE packed_events ({columns(former_layout(1))})",
)

_OTHER_TABLES = (
    """
    CREATE TABLE streams (
        stream_id VARCHAR NOT NULL, "sequence" BIGINT NOT NULL, event_id VARCHAR, event_type VARCHAR NOT NULL,
        event_data VARCHAR, metadata VARCHAR, event VARCHAR, stored_at TIMESTAMP NOT NULL,
        PRIMARY KEY (stream_id, "sequence")
    )""",
    """
    CREATE TABLE schemas (
        registry VARCHAR NOT NULL, context VARCHAR NOT NULL, id INTEGER NOT NULL, type VARCHAR NOT NULL,
        text VARCHAR NOT NULL, "references" VARCHAR, PRIMARY KEY (registry, context, id)
    )""",
    """
    CREATE TABLE audit (
        operation_id VARCHAR NOT NULL, "at" TIMESTAMP NOT NULL, who VARCHAR, reason VARCHAR, action VARCHAR NOT NULL,
        cluster VARCHAR, topic VARCHAR, records BIGINT, result VARCHAR NOT NULL, details VARCHAR
    )""",
)

_VERSION_1 = (*_CAPTURE_TABLES, *_OTHER_TABLES, *JOURNAL_TABLES, *LAG_TABLES)

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

_VERSION_8 = (
    """
    CREATE TABLE IF NOT EXISTS schemas (
        registry VARCHAR NOT NULL, context VARCHAR NOT NULL, cluster_id VARCHAR NOT NULL, id INTEGER NOT NULL,
        subject VARCHAR, version INTEGER, type VARCHAR NOT NULL, text VARCHAR NOT NULL, "references" VARCHAR NOT NULL
    )""",
)

_VERSION_9 = (SELECTION_TABLE,)

_VERSION_10 = (
    "DROP VIEW IF EXISTS events",
    "ALTER TABLE packed_events ADD COLUMN IF NOT EXISTS decoded_key VARCHAR",
)

_VERSION_11 = (OUTCOME_TABLE, *FORMER_LEDGER)

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    _VERSION_1,
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
"""The statements that make each version out of the one before; a released version is edited only to
leave out what a later one drops if it exists."""

VERSION = len(MIGRATIONS)

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
        cursor.execute(
            "CREATE TABLE workbench_schema (version INTEGER NOT NULL, applied_at TIMESTAMP, applied_by VARCHAR)"
        )
    for statements in MIGRATIONS[version:]:
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
