"""Stores rounds of lag sampling in a snapshot, and reads them back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from workbench.lag.names import matching
from workbench.lag.quantities import LAG_GROUPS, LAG_HISTORY
from workbench.lag.tables import LagTables, tables_of, utc_time

if TYPE_CHECKING:
    from collections.abc import Iterable
    from contextlib import AbstractContextManager

    import duckdb

    from workbench.model.lag import LagRound

    class LagFile(Protocol):
        """An open snapshot."""

        def cursor(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]: ...
        def transaction(self) -> AbstractContextManager[duckdb.DuckDBPyConnection]: ...


VIEWS = {
    "lag_history": LAG_HISTORY,
    "lag_now": """
        SELECT * FROM lag_history
        WHERE round_id IN (SELECT max_by(round_id, started_at) FROM lag_rounds GROUP BY cluster)
    """,
    "lag_group": LAG_GROUPS,
}
"""Views for SQL over a snapshot: all rounds, the newest of each cluster, sums by group. Each writing defines them."""


def write_rounds(file: LagFile, rounds: Iterable[LagRound]) -> int:
    """Store rounds in one transaction; one that is stored already is left as it is.

    Where another cluster's round took the same ``round_id``, the next free number is used.

    Returns:
        How many were new.

    Raises:
        SnapshotError: The snapshot was opened read-only.
    """
    with file.transaction() as cursor:
        known = dict(cursor.execute("SELECT round_id, (cluster, started_at) FROM lag_rounds").fetchall())
        fresh: list[LagRound] = []
        stored = set(known.values())
        for taken in rounds:
            key = (taken.cluster_id, utc_time(taken.started_at_ms))
            if key in stored:
                continue
            number = taken.round_id
            while number in known:
                number += 1
            known[number] = key
            stored.add(key)
            fresh.append(replace(taken, round_id=number))
        for name, table in tables_of(fresh).by_name().items():
            if table.num_rows:
                cursor.register("fresh_lag_rows", table)
                cursor.execute(f'INSERT INTO "{name}" BY NAME SELECT * FROM fresh_lag_rows')  # noqa: S608 - names of ours
                cursor.unregister("fresh_lag_rows")
        if fresh:
            for name, query in VIEWS.items():
                cursor.execute(f"CREATE OR REPLACE VIEW {name} AS {query}")
    return len(fresh)


def read_tables(
    file: LagFile,
    *,
    cluster_id: str | None = None,
    start_ms: int | None = None,
    end_ms: int | None = None,
    groups: str = "*",
    topics: str = "*",
) -> LagTables:
    """Read stored rounds as tables, oldest first.

    Args:
        cluster_id: Rounds of this cluster only.
        start_ms: Begun at or after this time (UTC milliseconds).
        end_ms: Begun before this time.
        groups: Shell pattern of group ids.
        topics: Shell pattern of topics.
    """
    wanted = """
        (SELECT * FROM lag_rounds WHERE ($cluster IS NULL OR cluster = $cluster)
            AND ($start IS NULL OR started_at >= $start) AND ($end IS NULL OR started_at < $end))
    """
    values = {
        "cluster": cluster_id,
        "start": None if start_ms is None else utc_time(start_ms),
        "end": None if end_ms is None else utc_time(end_ms),
    }

    def ask(query: str) -> pa.Table:
        with file.cursor() as cursor:
            return cursor.sql(query, params=values).to_arrow_table()

    samples = {
        name: ask(f'SELECT t.* FROM "{name}" t JOIN {wanted} r USING (round_id) ORDER BY t.rowid')  # noqa: S608 - the text above
        for name in ("offset_samples", "lag_samples", "group_samples")
    }
    return LagTables(
        lag_rounds=ask(f"SELECT * FROM {wanted} ORDER BY started_at, round_id"),  # noqa: S608 - the text above
        offset_samples=_matching(samples["offset_samples"], "topic", topics),
        lag_samples=_matching(_matching(samples["lag_samples"], "topic", topics), "group_id", groups),
        group_samples=_matching(samples["group_samples"], "group_id", groups),
    )


def groups_of_topics(file: LagFile) -> dict[str, list[str]] | None:
    """Return the groups that committed to each topic, in their order; None where no lag was recorded."""
    with file.cursor() as cursor:
        ((rounds,),) = cursor.execute("SELECT count(*) FROM lag_rounds").fetchall()
        cursor.execute("SELECT topic, list(DISTINCT group_id ORDER BY group_id) FROM lag_samples GROUP BY topic")
        return dict(cursor.fetchall()) if rounds else None


def _matching(table: pa.Table, column: str, pattern: str) -> pa.Table:
    if pattern == "*":
        return table
    names = matching(pattern, table[column].unique().to_pylist())
    return table.filter(pc.is_in(table[column], pa.array(names, table.schema.field(column).type)))
