"""Defines the tables of the replay journal: plans, selected records, transactions, ledger, target positions."""

_FORMER_LEDGER_TABLE = """
    CREATE TABLE IF NOT EXISTS replay_records (
        run_id VARCHAR NOT NULL, seq BIGINT NOT NULL, topic VARCHAR NOT NULL, "partition" INTEGER NOT NULL,
        "offset" BIGINT NOT NULL, body_sha256 BLOB NOT NULL, target_topic VARCHAR, target_partition INTEGER,
        target_offset BIGINT, target_timestamp_ms BIGINT, new_event_id VARCHAR, outcome VARCHAR, reason VARCHAR,
        acked_at TIMESTAMP
    )"""

SELECTION_TABLE = """
    CREATE TABLE IF NOT EXISTS replay_selection (
        run_id VARCHAR NOT NULL, seq BIGINT NOT NULL, source_id INTEGER NOT NULL, topic VARCHAR NOT NULL,
        "partition" INTEGER NOT NULL, "offset" BIGINT NOT NULL,
        body_sha256 BLOB NOT NULL USING COMPRESSION uncompressed,
        target_topic VARCHAR NOT NULL, target_partition INTEGER
    )"""
"""The records of a run by seq, entered before the first is sent: a killed run is resumed from them. Nothing makes
digests smaller, and trying it takes half of the time of entering them."""

OUTCOME_TABLE = """
    CREATE TABLE IF NOT EXISTS replay_outcomes (
        run_id VARCHAR NOT NULL, seq BIGINT NOT NULL, outcome UTINYINT NOT NULL, reason VARCHAR, target_offset BIGINT,
        target_timestamp_ms BIGINT, acked_at TIMESTAMP
    )"""
"""What became of the records of `SELECTION_TABLE`; together they are the ledger. It holds as little as possible,
because it is written between two batches."""

JOURNAL_TABLES = (
    """
    CREATE TABLE replays (
        run_id VARCHAR PRIMARY KEY, plan_hash VARCHAR NOT NULL, plan VARCHAR NOT NULL, reason VARCHAR,
        created_at TIMESTAMP NOT NULL, confirmed_at TIMESTAMP, confirmed_by VARCHAR, started_at TIMESTAMP,
        finished_at TIMESTAMP, state VARCHAR NOT NULL, writer_mode VARCHAR, target_cluster VARCHAR, error VARCHAR
    )""",
    """
    CREATE TABLE replay_txns (
        run_id VARCHAR NOT NULL, lane_group VARCHAR NOT NULL, txn_no BIGINT NOT NULL, first_seq BIGINT NOT NULL,
        last_seq BIGINT NOT NULL, state VARCHAR NOT NULL, "at" TIMESTAMP NOT NULL
    )""",
    """
    CREATE TABLE replay_positions (
        run_id VARCHAR NOT NULL, target_topic VARCHAR NOT NULL, target_partition INTEGER NOT NULL,
        start_offset BIGINT NOT NULL, next_target_offset BIGINT
    )""",
    SELECTION_TABLE,
    OUTCOME_TABLE,
)

EDITS_TABLE = """
    CREATE TABLE IF NOT EXISTS replay_edits (
        run_id VARCHAR NOT NULL, seq BIGINT NOT NULL, patch VARCHAR NOT NULL, before_sha256 BLOB NOT NULL,
        after_sha256 BLOB NOT NULL
    )"""
"""The records of a run that were rewritten. The journal makes it where it is missing: no reader of a file needs it."""

PLANS_TABLE = """
    CREATE TABLE IF NOT EXISTS replay_plans (
        run_id VARCHAR NOT NULL, part INTEGER NOT NULL, content VARCHAR NOT NULL
    )"""
"""The plans of runs as JSON, in parts. The journal makes it where it is missing, like `EDITS_TABLE`."""

FORMER_LEDGER = (
    # A copy that copy_to made of an older file has the newer tables already, and the older version.
    _FORMER_LEDGER_TABLE,
    # A ledger of an earlier version: its records were captured by a source that it did not keep.
    """
    INSERT INTO replay_selection
    SELECT run_id, seq, -1, topic, "partition", "offset", body_sha256, coalesce(target_topic, ''), target_partition
    FROM replay_records AS r
    WHERE NOT EXISTS (SELECT 1 FROM replay_selection AS s WHERE s.run_id = r.run_id AND s.seq = r.seq)""",
    """
    INSERT INTO replay_outcomes
    SELECT run_id, seq, list_position(['acked', 'skipped', 'refused', 'failed', 'unknown'], outcome) - 1, reason,
           target_offset, target_timestamp_ms, acked_at
    FROM replay_records WHERE outcome IN ('acked', 'skipped', 'refused', 'failed', 'unknown')""",
    "DROP TABLE replay_records",
)
