"""Defines the tables of a new snapshot file, as the newest version has them."""

from __future__ import annotations

from workbench.store.file.journal_tables import JOURNAL_TABLES
from workbench.store.file.lag_tables import LAG_TABLES
from workbench.store.file.layout import GAP, STORED_EVENT, STORED_RECORD
from workbench.store.file.types import columns, sql_type

VERSION_TABLE = "CREATE TABLE workbench_schema (version INTEGER NOT NULL, applied_at TIMESTAMP, applied_by VARCHAR)"

SCHEMAS_TABLE = """
    CREATE TABLE IF NOT EXISTS schemas (
        registry VARCHAR NOT NULL, context VARCHAR NOT NULL, cluster_id VARCHAR NOT NULL, id INTEGER NOT NULL,
        subject VARCHAR, version INTEGER, type VARCHAR NOT NULL, text VARCHAR NOT NULL, "references" VARCHAR NOT NULL
    )"""

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
        control BIGINT NOT NULL, aborted BIGINT NOT NULL, isolation VARCHAR NOT NULL, state VARCHAR NOT NULL,
        reason VARCHAR, without_envelope BIGINT, raw BIGINT, damaged BIGINT
    )""",
    """
    CREATE TABLE segments (
        segment_id INTEGER NOT NULL, records_file VARCHAR NOT NULL, events_file VARCHAR NOT NULL,
        "rows" BIGINT NOT NULL, records_bytes BIGINT NOT NULL, events_bytes BIGINT NOT NULL,
        events_layout INTEGER DEFAULT 1, records_crc32c BIGINT, events_crc32c BIGINT
    )""",
    """
    CREATE TABLE segment_positions (
        segment_id INTEGER NOT NULL, source_id INTEGER NOT NULL, "partition" INTEGER NOT NULL,
        first_offset BIGINT NOT NULL, last_offset BIGINT NOT NULL, "rows" BIGINT NOT NULL
    )""",
    f"CREATE TABLE packed_records ({columns(STORED_RECORD)})",
    f"CREATE TABLE packed_events ({columns(STORED_EVENT)})",
)

_OTHER_TABLES = (
    """
    CREATE TABLE streams (
        stream_id VARCHAR NOT NULL, "sequence" BIGINT NOT NULL, event_id VARCHAR, event_type VARCHAR NOT NULL,
        event_data VARCHAR, metadata VARCHAR, event VARCHAR, stored_at TIMESTAMP NOT NULL,
        PRIMARY KEY (stream_id, "sequence")
    )""",
    SCHEMAS_TABLE,
    """
    CREATE TABLE audit (
        operation_id VARCHAR NOT NULL, "at" TIMESTAMP NOT NULL, who VARCHAR, reason VARCHAR, action VARCHAR NOT NULL,
        cluster VARCHAR, topic VARCHAR, records BIGINT, result VARCHAR NOT NULL, details VARCHAR
    )""",
)

TABLES = (VERSION_TABLE, *_CAPTURE_TABLES, *_OTHER_TABLES, *JOURNAL_TABLES, *LAG_TABLES)
"""The statements that make them in an empty file."""
