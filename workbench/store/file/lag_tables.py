"""Tables of lag samples, one row per fact, and the views that compute the rest."""

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
    """
    CREATE TABLE lag_probes (
        probed_at TIMESTAMP NOT NULL, topic VARCHAR NOT NULL, "partition" INTEGER NOT NULL, committed BIGINT,
        record_offset BIGINT, record_timestamp_ms BIGINT, timestamp_type TINYINT, isolation VARCHAR,
        data_records BIGINT, bytes BIGINT, error VARCHAR
    )""",
    """
    CREATE TABLE lag_findings (
        round_id BIGINT NOT NULL, group_id VARCHAR NOT NULL, topic VARCHAR, "partition" INTEGER,
        verdict VARCHAR NOT NULL, severity VARCHAR, reason VARCHAR, evidence VARCHAR, since TIMESTAMP
    )""",
)

_QUANTITIES = """
    greatest(0, high - committed) + 0 * (high - committed) AS lag,
    greatest(0, lso - committed) + 0 * (lso - committed) AS lag_committed,
    greatest(0, low - committed) + 0 * (low - committed) AS lost,
    greatest(0, high - greatest(committed, low)) + 0 * (high - committed - low) AS readable,
    high - lso AS held,
    greatest(0, committed - high) + 0 * (committed - high) AS ahead,
    committed - low AS margin,
    (high - committed) / nullif(high - low, 0)::DOUBLE AS retention_use
"""
"""`greatest` skips nulls, and a missing commit is not lag 0: the added term is null where a part is."""

LAG_VIEWS = (
    f"""
    CREATE VIEW lag_history AS
    SELECT round_id, cluster, started_at, group_id, state, topic, "partition", low, lso, high, committed, committed_at,
        low_at, high_at, member_id, {_QUANTITIES}, verdict, severity, reason,
        coalesce(lag_samples.error, offset_samples.error, group_samples.error) AS error
    FROM lag_samples
    JOIN lag_rounds USING (round_id)
    LEFT JOIN offset_samples USING (round_id, topic, "partition")
    LEFT JOIN group_samples USING (round_id, group_id)
    LEFT JOIN lag_findings USING (round_id, group_id, topic, "partition")
    """,  # noqa: S608 - the text above
    """
    CREATE VIEW lag_now AS
    SELECT * FROM lag_history
    WHERE round_id IN (SELECT max_by(round_id, started_at) FROM lag_rounds GROUP BY cluster)
    """,
    """
    CREATE VIEW lag_group AS
    SELECT round_id, cluster, started_at, group_id, any_value(state) AS state, count(*) AS partitions,
        count(committed) AS committed_partitions, sum(lag)::BIGINT AS lag, max(lag) AS max_lag,
        sum(lost)::BIGINT AS lost, sum(readable)::BIGINT AS readable, sum(held)::BIGINT AS held, count(error) AS errors
    FROM lag_history GROUP BY round_id, cluster, started_at, group_id
    """,
    """
    CREATE VIEW lag_topic AS
    SELECT round_id, cluster, started_at, topic, count(DISTINCT group_id) AS "groups", sum(lag)::BIGINT AS lag,
        max(lag) AS max_lag, sum(lost)::BIGINT AS lost, count(error) AS errors
    FROM lag_history GROUP BY round_id, cluster, started_at, topic
    """,
)
