"""Answers SQL over one snapshot file, each query with a cursor of its own."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb

from workbench.errors import QueryError
from workbench.store.payload.query_scope import read_parts, widen
from workbench.store.payload.relation import define_relations, make_relation, select_topics
from workbench.store.segments.checksums import ALL_ROWS, parts_of
from workbench.store.segments.paired_rows import PairedRows
from workbench.store.snapshot import row_queries
from workbench.store.snapshot.own_frames import register_frames
from workbench.store.sql.read_only import check_condition, check_reads_only
from workbench.store.sql.reserved_words import hint_for, readable
from workbench.text import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.store.file.connection import Connection
    from workbench.store.payload.relation import PayloadRelation
    from workbench.store.segments.checksums import SegmentChecks
    from workbench.store.snapshot.own_frames import OwnFrames

_VIEWS = re.compile(r"\b(?:FROM|JOIN) (records|events)\b")
"""Views that a query of the store names; what its user wrote is parsed instead."""

_LINES, _LINE = 20, 300
"""Of the text of an error: lines and characters of a line."""

Parameters: TypeAlias = "Sequence[Any] | Mapping[str, Any] | None"


class Queries:
    """Runs SQL of users and of the store itself; errors of DuckDB become `QueryError`."""

    def __init__(self, connection: Connection, checks: SegmentChecks) -> None:
        self._connection = connection
        self._checks = checks

    def run(self, query: str, params: Parameters, frames: OwnFrames) -> pa.Table:
        """Answer a query that a user wrote, over the snapshot and frames of the user's own.

        Raises:
            QueryError: It is not one SELECT, a frame cannot be used, or DuckDB cannot answer it.
            SnapshotFormatError: A segment file that it reads is damaged.
        """
        query = readable(query)
        with self._connection.reading() as cursor:
            tables = check_reads_only(cursor, query, self._connection.path)
            self._checks.check(cursor, parts_of(read_parts(query, tables), _views(cursor)))
            register_frames(cursor, frames)
            # Before the wider views: a relation of payloads reads the records as they are stored.
            define_relations(cursor, tables)
            widen(cursor, query, tables)
            return self._answer(cursor, query, params)

    def payload(self, topics: TopicsLike) -> tuple[pa.Table, PayloadRelation]:
        """Return the payloads of topics with a typed column for each path, and what is known about these columns.

        Raises:
            UnknownTopicError: The snapshot has no such topic.
            SnapshotFormatError: A segment file that it reads is damaged.
        """
        with self._connection.reading() as cursor:
            self._checks.check(cursor, ALL_ROWS)
            with self._query_errors("payload"):
                relation = make_relation(cursor, select_topics(cursor, topics))
                return self._answer(cursor, relation.query, None), relation

    def select(
        self,
        query: str,
        where: str | None,
        params: Mapping[str, Any] | None,
        positions: pa.Table | None = None,
        *,
        columns: Sequence[str] = (),
    ) -> pa.Table:
        """Answer a query of the store that contains a condition of the user.

        Args:
            query: The whole query.
            where: The user's condition in it.
            params: Values of its parameters.
            positions: Table ``picked_positions`` that the query joins.
            columns: Columns that the user asked for.

        Raises:
            QueryError: The condition cannot be answered, or is more than one condition.
            SnapshotFormatError: A segment file that it reads is damaged.
        """
        with self._connection.reading() as cursor:
            self._prepare(cursor, query, where, positions, columns)
            return self._answer(cursor, query, dict(params) if params else None)

    def paired_rows(self, folder: Path, positions: pa.Table, columns: Sequence[str]) -> PairedRows:
        """Check the segment files that may hold some positions, and return what reads them."""
        with self._connection.reading() as cursor:
            cursor.register("picked_positions", positions.select(row_queries.POSITION))
            self._checks.check(cursor, ALL_ROWS, picked=True)
            return PairedRows(cursor, folder, positions, columns)

    @contextlib.contextmanager
    def batches(self, query: str, where: str | None, params: Parameters, rows: int) -> Iterator[pa.RecordBatchReader]:
        """Answer like `select`, in batches of so many rows."""
        with self._connection.reading() as cursor:
            self._prepare(cursor, query, where, None, ())
            with self._query_errors(query):
                yield cursor.sql(query, params=params).to_arrow_reader(rows)

    def _prepare(
        self,
        cursor: duckdb.DuckDBPyConnection,
        query: str,
        where: str | None,
        positions: pa.Table | None,
        columns: Sequence[str],
    ) -> None:
        """Check the user's condition and the segment files that the query reads; define the columns that it names."""
        named = " ".join([where or "", *columns])
        tables = check_condition(cursor, where, self._connection.path)
        own = read_parts(named, {*_VIEWS.findall(query), *tables})
        if positions is not None:
            cursor.register("picked_positions", positions.select(row_queries.POSITION))
        # A condition with a subquery may read anything; without one only the picked positions are read.
        picked = positions is not None and not tables
        self._checks.check(cursor, parts_of(own, _views(cursor)), picked=picked)
        widen(cursor, named, tables)

    def _answer(self, cursor: duckdb.DuckDBPyConnection, query: str, params: Parameters) -> pa.Table:
        with self._query_errors(query):
            return cursor.sql(query, params=params).to_arrow_table()

    @contextlib.contextmanager
    def _query_errors(self, query: str) -> Iterator[None]:
        try:
            yield
        except (
            duckdb.ProgrammingError,
            duckdb.DataError,
            duckdb.NotSupportedError,
            duckdb.PermissionException,
        ) as error:
            raise QueryError(
                f"The query failed: {_said(error)}{hint_for(query)}", path=str(self._connection.path), query=query
            ) from error


def _said(error: duckdb.Error) -> str:
    """Write what DuckDB says line by line: it quotes values of records, which may hold anything."""
    return "\n".join(visible(line, _LINE) for line in str(error).splitlines()[:_LINES])


def _views(cursor: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in cursor.execute("SELECT view_name FROM duckdb_views() WHERE NOT internal").fetchall()}
