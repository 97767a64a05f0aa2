"""A snapshot file: opened for reading or writing, asked with SQL, added to in whole pieces."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import duckdb

from workbench.errors import QueryError, SnapshotError
from workbench.store.file import schema
from workbench.store.file.connection import DEFAULT_MEMORY_LIMIT, Connection
from workbench.store.segments import files as segments
from workbench.store.segments import packing
from workbench.store.snapshot import provenance
from workbench.store.snapshot import row_queries as selecting
from workbench.store.snapshot.frames import to_pandas
from workbench.store.snapshot.read_only_sql import check_condition, check_reads_only
from workbench.store.snapshot.source_locks import SegmentLocks

if TYPE_CHECKING:
    import os
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from typing import Self

    import pandas as pd
    import pyarrow as pa

    from workbench.model.selection import SelectedSource
    from workbench.model.window import BoundLike
    from workbench.store.segments.files import Segment, SegmentWriter
    from workbench.store.snapshot.provenance import RangeUpdate, Source

Parameters: TypeAlias = "Sequence[Any] | Mapping[str, Any] | None"

_READERS_S = 10.0


class SnapshotStore:
    """One snapshot: a DuckDB file, and a folder of Parquet segments beside it while it is large.

    Made by `open`; a context manager. Reading methods may be called from any thread.
    """

    def __init__(self, connection: Connection, folder: Path, *, read_only: bool) -> None:
        self._connection = connection
        self._folder = folder
        self._read_only = read_only
        self._writing = threading.RLock()
        self._next_segment = 0
        self.claims = SegmentLocks(connection.path)
        self._closed = False

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        write: bool = False,
        memory_limit: str = DEFAULT_MEMORY_LIMIT,
    ) -> Self:
        """Open a snapshot; for writing it is made where it does not exist.

        Raises:
            SnapshotError: It does not exist, or its folder cannot be used.
            SnapshotLockedError: Another process, or this one, has it open for writing.
            SnapshotFormatError: A foreign, damaged or newer file, or one whose segments are missing.
        """
        file = Path(path)
        _check_place(file, write=write)
        folder = segments_folder(file)
        connection = Connection(file, folder, read_only=not write, memory_limit=memory_limit)
        store = cls(connection, folder, read_only=not write)
        try:
            store._prepare()
        except BaseException:
            connection.close()
            raise
        return store

    def _prepare(self) -> None:
        with self._connection.cursor() as cursor:
            version = schema.stored_version(cursor)
            if version is None and not self._read_only and schema.is_empty(cursor):
                version = 0
        version = schema.check_version(version, self.path)
        if version < schema.VERSION and self._read_only:
            raise SnapshotError(
                f"{self.path} has the older snapshot version {version}. Open it once with write=True to bring it up.",
                path=str(self.path),
            )
        if not self._read_only:
            with self._connection.transaction() as cursor:
                schema.migrate(cursor, version, by="eventbus-workbench")
                provenance.mark_interrupted(cursor)
        with self._connection.cursor() as cursor:
            files, self._next_segment = packing.known_files(cursor)
        packing.check_files(self._folder, files, self.path)
        if not self._read_only:
            segments.sweep(self._folder, files)

    @property
    def path(self) -> Path:
        """The DuckDB file."""
        return self._connection.path

    @property
    def connection(self) -> Connection:
        """The open file, for the parts of the store that keep tables of their own in it: journal, streams, lag."""
        return self._connection

    @property
    def folder(self) -> Path:
        """Where the segments lie; it exists only while there are some."""
        return self._folder

    @property
    def read_only(self) -> bool:
        """Whether nothing can be added."""
        return self._read_only

    def close(self) -> None:
        """Close the file. Harmless when repeated."""
        if not self._closed:
            self._closed = True
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "read-only" if self._read_only else "writing"
        return f"SnapshotStore({str(self.path)!r}, {state})"

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Keep other threads from writing, for work of several transactions."""
        with self._writing:
            yield

    @contextlib.contextmanager
    def cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor for one query; the tables of other features (journal, lag, streams) are reached through it."""
        with self._connection.cursor() as cursor:
            yield cursor

    @contextlib.contextmanager
    def transaction(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A cursor whose statements become durable together, or not at all; one at a time.

        Raises:
            SnapshotError: The snapshot was opened read-only.
        """
        self.check_writable()
        with self._writing, self._connection.transaction() as cursor:
            yield cursor

    def sql(self, query: str, params: Parameters = None) -> pd.DataFrame:
        """Answer SQL with a frame of fixed dtypes, its provenance in ``.attrs["provenance"]``.

        Args:
            query: One SELECT over ``records``, ``events`` and the other tables.
            params: Values of ``?`` (a list) or ``$name`` (a mapping).

        Raises:
            QueryError: The query is not one SELECT, or DuckDB cannot answer it.
        """
        return to_pandas(self.sql_arrow(query, params), provenance=self.ranges_table())

    def sql_arrow(self, query: str, params: Parameters = None) -> pa.Table:
        """Answer SQL with an Arrow table, for bulk."""
        with self._connection.cursor() as cursor:
            check_reads_only(cursor, query, self.path)
            return self._answer(cursor, query, params)

    @contextlib.contextmanager
    def record_batches(
        self, query: str, where: str | None, params: Parameters, rows: int
    ) -> Iterator[pa.RecordBatchReader]:
        """Answer a query of ours around a condition of the user's, piece by piece."""
        with self._connection.cursor() as cursor:
            check_condition(cursor, where, self.path)
            with self._query_errors(query):
                yield cursor.sql(query, params=params).to_arrow_reader(rows)

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
            raise QueryError(f"The query failed: {error}", path=str(self.path), query=query) from error

    def events(
        self,
        *,
        topic: str | Sequence[str] | None = None,
        type: str | Sequence[str] | None = None,  # noqa: A002 - the name that users read in frames
        source: str | Sequence[str] | None = None,
        correlation_id: str | Sequence[str] | None = None,
        start: BoundLike | None = None,
        end: BoundLike | None = None,
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """Decoded events as a frame, ordered by time and position.

        Args:
            topic: Physical topic names; like ``type``, ``source`` and ``correlation_id`` one or several.
            start: From here on: a time (exact, by record timestamp), an offset, or ``"start"``.
            end: Up to here, exclusive.
            where: An SQL condition over the columns of ``events``; ``params`` holds the values of its ``$names``.
            limit: At most so many rows; ``.attrs["truncated"]`` says whether there were more.

        Raises:
            QueryError: The condition cannot be answered.
            WindowError: A bound that a snapshot cannot resolve.
        """
        chosen = selecting.EventFilter(topic, type, source, correlation_id, start, end, where, params or {}, limit)
        query, values = chosen.statement()
        with self._connection.cursor() as cursor:
            check_condition(cursor, where, self.path)
            table = self._answer(cursor, query, values)
        frame = to_pandas(table.slice(0, limit) if limit is not None else table, provenance=self.ranges_table())
        frame.attrs["truncated"] = limit is not None and table.num_rows > limit
        return frame

    def event_table(
        self,
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        positions: pa.Table | None = None,
        with_value: bool = False,
    ) -> pa.Table:
        """Decoded rows for analysis: the `EVENT` columns, then `selecting.EVENT_EXTRAS` and perhaps ``value``.

        Args:
            where: An SQL condition over the columns of ``events``.
            positions: Only these: columns ``source_id``, ``partition``, ``offset``.
            with_value: Add the raw value as the last column.
        """
        query = selecting.event_query(where, by_position=positions is not None, with_value=with_value)
        return self._select(query, where, params, positions)

    def record_table(
        self,
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        positions: pa.Table | None = None,
    ) -> pa.Table:
        """Raw rows for replay: the `RECORD` columns, then `selecting.RECORD_EXTRAS`, in order of position.

        Args:
            where: An SQL condition over the columns of ``events`` together with ``key``, ``value`` and ``headers``.
            positions: Only these: columns ``source_id``, ``partition``, ``offset``.
        """
        query = selecting.record_query(where, by_position=positions is not None)
        return self._select(query, where, params, positions)

    def _select(
        self, query: str, where: str | None, params: Mapping[str, Any] | None, positions: pa.Table | None
    ) -> pa.Table:
        with self._connection.cursor() as cursor:
            check_condition(cursor, where, self.path)
            if positions is not None:
                cursor.register("picked_positions", positions.select(selecting.POSITION))
            return self._answer(cursor, query, dict(params) if params else None)

    @property
    def ranges(self) -> pd.DataFrame:
        """The provenance as a frame; see `workbench.store.file.layout.RANGES`."""
        return to_pandas(self.ranges_table())

    def ranges_table(self) -> pa.Table:
        """The provenance as Arrow: what was captured, and why it stopped."""
        with self._connection.cursor() as cursor:
            return provenance.ranges_table(cursor, alive=not self._read_only)

    def sources(self) -> list[Source]:
        """Every source, in order of first capture."""
        with self._connection.cursor() as cursor:
            return provenance.all_sources(cursor)

    def selected_sources(self) -> list[SelectedSource]:
        """How each source was captured, as a replay wants to know it."""
        with self._connection.cursor() as cursor:
            return provenance.selected_sources(cursor)

    def new_segment(self) -> SegmentWriter:
        """Begin a segment beside the file; nothing of it is seen before `commit`."""
        self.check_writable()
        with self._writing:
            self._next_segment += 1
            return segments.SegmentWriter(self._folder, self._next_segment)

    def commit(
        self,
        advances: Sequence[RangeUpdate],
        *,
        segment: Segment | None = None,
        rows: tuple[pa.Table, pa.Table] | None = None,
    ) -> None:
        """Enter rows and how far their ranges got, in one transaction.

        Args:
            segment: A finished segment.
            rows: A small number of stored records and events that go into the file itself.
        """
        with self.transaction() as cursor:
            if segment is not None:
                packing.enter_segment(cursor, segment)
            if rows is not None:
                packing.insert_rows(cursor, *rows)
            provenance.advance(cursor, advances)

    def pack(self, *, max_bytes: int | None = None) -> bool:
        """Move segments into the file, so that it can be mailed; returns whether it was done.

        Args:
            max_bytes: Leave them where they are if together they are larger, or if the disk has no room for the move.

        Raises:
            StorageFullError: The disk is full; everything is where it was.
        """
        with self.transaction() as cursor:
            size = packing.segment_bytes(cursor)
            if max_bytes is not None and (size > max_bytes or not packing.has_room(self.path, size)):
                return False
            moved = packing.move_in(cursor)
        with self._writing:
            with self.cursor() as cursor, contextlib.suppress(duckdb.TransactionException):
                # Refused while other queries run; closing does it then.
                cursor.execute("CHECKPOINT")
            self.remove_files(moved)
        return True

    def remove_files(self, names: Collection[str]) -> None:
        """Remove files that are no longer named, unless a query still reads them: the next opening sweeps those."""
        if self._connection.wait_for_readers(_READERS_S):
            packing.remove_files(self._folder, names)

    def check_writable(self) -> None:
        """Refuse a change of a store that was opened for reading.

        Raises:
            SnapshotError: It was.
        """
        if self._read_only:
            raise SnapshotError(f"{self.path} is open for reading only. Open it with write=True.", path=str(self.path))


def segments_folder(path: Path) -> Path:
    """Where the segments of a snapshot file lie."""
    return path.with_name(f"{path.name}.segments").absolute()


def _check_place(path: Path, *, write: bool) -> None:
    if path.is_dir():
        raise SnapshotError(f"{path} is a folder; name the snapshot's .duckdb file.", path=str(path))
    if not write and not path.exists():
        raise SnapshotError(f"There is no snapshot {path}. Capture into it first, or check the name.", path=str(path))
    if not path.parent.is_dir():
        raise SnapshotError(f"The folder of {path} does not exist. Make it first.", path=str(path))
