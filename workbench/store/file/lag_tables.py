"""Defines the tables of lag samples. Only values that were read are stored; `workbench.lag` computes the others."""

LAG_TABLES = (
    """
    CREATE TABLE lag_rounds (
        round_id BIGINT PRIMARY KEY, cluster VARCHAR NOT NULL, started_at TIMESTAMP NOT NULL, finished_at TIMESTAMP,
        interval_ms BIGINT, "groups" INTEGER, partitions INTEGER, errors INTEGER, probes INTEGER, probe_bytes BIGINT
    )""",
    """
    CREATE TABLE offset_samples (
        round_id BIGINT NOT NULL, topic VARCHAR NOT NULL, "partition" INTEGER NOT NULL, low BIGINT, lso BIGINT,
        high BIGINT, low_at TIMESTAMP, high_at TIMESTAMP, leader INTEGER, error VARCHAR,
        UNIQUE (round_id, topic, "partition")
    )""",
    """
    CREATE TABLE lag_samples (
        round_id BIGINT NOT NULL, group_id VARCHAR NOT NULL, topic VARCHAR NOT NULL, "partition" INTEGER NOT NULL,
        committed BIGINT, committed_at TIMESTAMP, leader_epoch INTEGER, metadata VARCHAR, member_id VARCHAR,
        error VARCHAR, UNIQUE (round_id, group_id, topic, "partition")
    )""",
    """
    CREATE TABLE group_samples (
        round_id BIGINT NOT NULL, group_id VARCHAR NOT NULL, state VARCHAR NOT NULL, protocol VARCHAR,
        coordinator INTEGER, members STRUCT(
            member_id VARCHAR, instance_id VARCHAR, client_id VARCHAR, host VARCHAR,
            partitions STRUCT(topic VARCHAR, "partition" INTEGER)[]
        )[], error VARCHAR
    )""",
)

FORMER_LAG_TABLES = (
    "DROP VIEW IF EXISTS lag_topic",
    "DROP VIEW IF EXISTS lag_group",
    "DROP VIEW IF EXISTS lag_now",
    "DROP VIEW IF EXISTS lag_history",
    "DROP TABLE IF EXISTS lag_probes",
    "DROP TABLE IF EXISTS lag_findings",
)
"""Statements that drop former tables and views of older files: tables that were never filled, and views."""
