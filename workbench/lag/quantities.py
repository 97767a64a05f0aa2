"""Computes the quantities of lag samples: lag, lost, readable, held, and why a value is absent.

With c committed, l low (log start), s lso (last stable offset), h high (high watermark):

| quantity | value |
|---|---|
| ``lag`` | ``max(0, h - c)`` |
| ``lag_committed`` | ``max(0, s - c)`` |
| ``lost`` | ``max(0, l - c)`` |
| ``readable`` | ``max(0, h - max(c, l))`` |
| ``held`` | ``h - s`` |
| ``ahead`` | ``max(0, c - h)`` |
| ``margin`` | ``c - l`` |
| ``retention_use`` | ``(h - c) / (h - l)`` |

All are in offsets: an upper bound of records, because compaction gaps, control records and aborted data lie between.

The arithmetic is one SQL text, `LAG_HISTORY`. It reads the four tables of `workbench.lag.tables`: Arrow tables in
memory for a frame, the tables of the file for the views of a snapshot, so both give the same rows.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa

from workbench.engine import engine
from workbench.lag.tables import LagTables, rounds_of, tables_of
from workbench.model.lag import LagRound
from workbench.store.snapshot.frames import normalised, to_pandas

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

COLUMNS = {
    "at": "datetime64[us, UTC]",
    "group_id": "str",
    "topic": "str",
    "partition": "Int64",
    "lag": "Int64",
    "lost": "Int64",
    "readable": "Int64",
    "held": "Int64",
    "lag_committed": "Int64",
    "ahead": "Int64",
    "committed": "Int64",
    "low": "Int64",
    "lso": "Int64",
    "high": "Int64",
    "margin": "Int64",
    "retention_use": "Float64",
    "reason": "str",
    "lag_if_at_end": "Int64",
    "lag_if_at_start": "Int64",
    "state": "str",
    "protocol": "str",
    "members": "Int64",
    "member_id": "str",
    "round_id": "Int64",
}
"""Columns and dtypes. ``reason`` says why lag is absent (``no-commit`` or an error); then ``lag_if_at_end`` and
``lag_if_at_start`` bound it: the lag if the group began at the end, or at the beginning. ``no-partitions``: the members
of the group are assigned nothing, and nothing is committed. ``share-start``: the lag of a share group is counted from
its start offset, so it is an upper bound."""

GROUP_COLUMNS = {
    "group_id": "str",
    "state": "str",
    "protocol": "str",
    "members": "Int64",
    "topics": "Int64",
    "partitions": "Int64",
    "lag": "Int64",
    "max_lag": "Int64",
    "lost": "Int64",
    "ahead": "Int64",
    "held": "Int64",
    "unknown": "Int64",
}
"""Columns and dtypes of `group_totals`."""

LAG_HISTORY = """
    WITH samples AS (
        SELECT
            c.round_id, r.cluster, r.started_at, c.group_id, c.topic, c."partition", c.committed, c.member_id,
            o.low, o.lso, o.high, g.state, g.protocol, CASE WHEN g.error IS NULL THEN len(g.members) END AS members,
            coalesce(o.high_at, max(o.high_at) OVER (PARTITION BY c.round_id), c.committed_at) AS "at",
            coalesce(c.error, o.error, CASE WHEN c.committed IS NULL THEN 'no-commit'
                WHEN g.protocol = 'share' THEN 'share-start' END) AS reason,
            try(o.high - c.committed) AS high_minus_committed, try(o.low - c.committed) AS low_minus_committed,
            try(o.lso - c.committed) AS lso_minus_committed, try(c.committed - o.high) AS committed_minus_high,
            try(o.high - o.low) AS high_minus_low
        FROM lag_samples c
        JOIN lag_rounds r USING (round_id)
        LEFT JOIN offset_samples o USING (round_id, topic, "partition")
        LEFT JOIN group_samples g USING (round_id, group_id)
        UNION ALL BY NAME
        SELECT
            g.round_id, r.cluster, r.started_at, g.group_id, g.state, g.protocol, r.finished_at AS "at",
            CASE WHEN g.error IS NULL THEN len(g.members) END AS members,
            coalesce(g.error, 'no-partitions') AS reason
        FROM group_samples g
        JOIN lag_rounds r USING (round_id)
        ANTI JOIN lag_samples c USING (round_id, group_id)
        WHERE g.error IS NOT NULL
            OR (len(g.members) > 0 AND len([m FOR m IN g.members IF len(m.partitions) > 0]) = 0)
    )
    SELECT
        "at", group_id, topic, "partition"::BIGINT AS "partition",
        CASE WHEN high_minus_committed IS NOT NULL THEN greatest(0, high_minus_committed) END AS lag,
        CASE WHEN low_minus_committed IS NOT NULL THEN greatest(0, low_minus_committed) END AS lost,
        CASE WHEN high_minus_committed IS NOT NULL AND high_minus_low IS NOT NULL
            THEN greatest(0, least(high_minus_committed, high_minus_low)) END AS readable,
        try(high - lso) AS held,
        CASE WHEN lso_minus_committed IS NOT NULL THEN greatest(0, lso_minus_committed) END AS lag_committed,
        CASE WHEN committed_minus_high IS NOT NULL THEN greatest(0, committed_minus_high) END AS ahead,
        committed, low, lso, high, try(committed - low) AS margin,
        high_minus_committed / nullif(high_minus_low, 0)::DOUBLE AS retention_use, reason,
        CASE WHEN reason = 'no-commit' THEN 0::BIGINT END AS lag_if_at_end,
        CASE WHEN reason = 'no-commit' THEN high_minus_low END AS lag_if_at_start,
        state, protocol, members, member_id, round_id, cluster, started_at
    FROM samples
"""
"""One row per round, group and partition: `COLUMNS`, then ``cluster`` and ``started_at``.

A group without any partition, with members or with an error, is one row without topic and partition: it is there, and
must not be missing from the answer.

`greatest` skips nulls, and a missing commit is not lag 0, so each difference is asked for null first. A client may
commit any 64-bit number; `try` gives null for a difference that needs more bits. ``h - max(c, l)`` is the lesser of two
differences.
"""

LAG_GROUPS = """
    SELECT
        round_id, cluster, started_at, group_id, any_value(state) AS state, any_value(protocol) AS protocol,
        any_value(members) AS members,
        count(DISTINCT topic) AS topics, count("partition") AS partitions, try_cast(sum(lag) AS BIGINT) AS lag,
        max(lag) AS max_lag, try_cast(sum(lost) AS BIGINT) AS lost, try_cast(sum(ahead) AS BIGINT) AS ahead,
        try_cast(sum(held) AS BIGINT) AS held, count("partition") - count(lag) AS unknown
    FROM lag_history
    GROUP BY round_id, cluster, started_at, group_id
"""
"""Sums of `LAG_HISTORY` by round and group, over the partitions that have a value; null where none has."""


def lag_frame(rounds: LagTables | LagRound | Iterable[LagRound]) -> pd.DataFrame:
    """Lay rounds out as one row per round, group and partition, worst lag first within a round.

    ``.attrs["provenance"]`` holds, per round, the times of the reads and what could not be read.
    """
    tables = (
        rounds if isinstance(rounds, LagTables) else tables_of([rounds] if isinstance(rounds, LagRound) else rounds)
    )
    frame = to_pandas(lag_table(tables)).astype(COLUMNS)
    frame.attrs["provenance"] = [_provenance(taken) for taken in outlines(tables)]
    return frame


def lag_table(tables: LagTables) -> pa.Table:
    """Return the rows of `lag_frame` as an Arrow table, which needs no pandas."""
    query = f"""
        SELECT {_names(COLUMNS)} FROM ({LAG_HISTORY})
        ORDER BY started_at, round_id, lag DESC NULLS FIRST, group_id, topic, "partition"
    """  # noqa: S608 - the text above
    with engine(**tables.by_name()) as connection:
        return normalised(connection.sql(query).to_arrow_table())


def group_totals(frame: pd.DataFrame) -> pd.DataFrame:
    """Sum the newest round by group; ``unknown`` counts partitions without a lag beside the sum of the others."""
    newest = frame[frame["round_id"] == frame["round_id"].max()] if len(frame) else frame
    rows = pa.Table.from_pandas(newest.assign(cluster="", started_at=0), preserve_index=False)
    query = f"SELECT {_names(GROUP_COLUMNS)} FROM ({LAG_GROUPS}) ORDER BY lag DESC NULLS LAST, group_id"  # noqa: S608 - the text above
    with engine(lag_history=rows) as connection:
        return to_pandas(connection.sql(query).to_arrow_table()).astype(GROUP_COLUMNS)


def outlines(rounds: LagTables) -> list[LagRound]:
    """Read rounds back with the times of their reads and what could not be read, but without most of their samples."""
    kept = {
        name: f"SELECT * FROM {name} QUALIFY error IS NOT NULL OR row_number() OVER (PARTITION BY round_id) = 1"  # noqa: S608 - names of ours
        for name in ("offset_samples", "lag_samples", "group_samples")
    }
    with engine(**rounds.by_name()) as connection:
        return rounds_of(
            replace(rounds, **{name: connection.sql(query).to_arrow_table() for name, query in kept.items()})
        )


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _provenance(taken: LagRound) -> dict[str, object]:
    return {
        "cluster_id": taken.cluster_id,
        "round_id": taken.round_id,
        "low_at_ms": taken.low_at_ms,
        "committed_at_ms": taken.committed_at_ms,
        "high_at_ms": taken.high_at_ms,
        "note": "lag counts offsets, an upper bound of records; it is overstated by at most what was produced between "
        "committed_at_ms and high_at_ms",
        "errors": list(taken.errors),
    }
