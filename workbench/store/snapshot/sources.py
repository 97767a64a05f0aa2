"""The table ``sources``: one row for each incarnation of a topic. A topic that was recreated is another source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.model.selecting.selection import SelectedSource

if TYPE_CHECKING:
    import duckdb


@dataclass(frozen=True, slots=True)
class Source:
    """One incarnation of a topic on one cluster."""

    source_id: int
    cluster_id: str
    cluster: str
    topic: str
    topic_id: str | None
    partitions: int


def find_sources(cursor: duckdb.DuckDBPyConnection, cluster_id: str, topic: str) -> list[Source]:
    """Return all incarnations of a topic, oldest first."""
    rows = cursor.execute(
        "SELECT source_id, cluster_id, cluster, topic, topic_id, partitions FROM sources "
        "WHERE cluster_id = ? AND topic = ? ORDER BY source_id",
        [cluster_id, topic],
    ).fetchall()
    return [Source(*row) for row in rows]


def all_sources(cursor: duckdb.DuckDBPyConnection) -> list[Source]:
    """Return every source of the snapshot."""
    rows = cursor.execute(
        "SELECT source_id, cluster_id, cluster, topic, topic_id, partitions FROM sources ORDER BY source_id"
    ).fetchall()
    return [Source(*row) for row in rows]


def add_source(
    cursor: duckdb.DuckDBPyConnection,
    *,
    cluster_id: str,
    cluster: str,
    topic: str,
    topic_id: str | None,
    partitions: int,
) -> Source:
    """Enter a new incarnation of a topic."""
    (number,) = cursor.execute("SELECT coalesce(max(source_id), 0) + 1 FROM sources").fetchone() or (1,)
    cursor.execute(
        "INSERT INTO sources VALUES (?, ?, ?, ?, ?, ?, now()::TIMESTAMP)",
        [number, cluster_id, cluster, topic, topic_id, partitions],
    )
    return Source(number, cluster_id, cluster, topic, topic_id, partitions)


def set_partitions(cursor: duckdb.DuckDBPyConnection, source_id: int, partitions: int) -> None:
    """Store the partition count of a topic that got more partitions."""
    cursor.execute("UPDATE sources SET partitions = ? WHERE source_id = ?", [partitions, source_id])


def selected_sources(cursor: duckdb.DuckDBPyConnection) -> list[SelectedSource]:
    """Return how each source was captured, as replay rules need it."""
    rows = cursor.execute(
        """
        SELECT source_id, cluster_id, cluster, topic, any_value(isolation), partitions,
            list(DISTINCT "partition") FILTER (control > 0 OR aborted > 0), coalesce(sum(len(gaps)), 0)::INTEGER,
            (SELECT CASE WHEN count(DISTINCT registry) = 1 THEN min(registry) END
             FROM schemas WHERE schemas.cluster_id = sources.cluster_id)
        FROM sources JOIN capture_ranges USING (source_id)
        GROUP BY source_id, cluster_id, cluster, topic, partitions ORDER BY source_id
        """
    ).fetchall()
    return [
        SelectedSource(
            number, cluster_id, cluster, topic, isolation, partitions, frozenset(transactional or ()), gaps, registry
        )
        for number, cluster_id, cluster, topic, isolation, partitions, transactional, gaps, registry in rows
    ]
