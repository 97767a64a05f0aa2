"""A snapshot file: opened for reading or writing, queried with SQL, extended in transactions."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from workbench.errors import SnapshotError
from workbench.store.file.connection import Connection
from workbench.store.segments import packing
from workbench.store.segments.catalogue import enter_segments
from workbench.store.segments.checksums import ALL_ROWS, SegmentChecks
from workbench.store.segments.folder import remove_files, segments_folder
from workbench.store.segments.writing import SegmentWriter
from workbench.store.snapshot import row_queries
from workbench.store.snapshot.frames import to_pandas
from workbench.store.snapshot.id_index import IdIndex
from workbench.store.snapshot.opening import check_place, prepare
from workbench.store.snapshot.queries import Queries
from workbench.store.snapshot.ranges import captured_offsets, ranges_table, update_ranges
from workbench.store.snapshot.source_locks import SourceLocks
from workbench.store.snapshot.sources import all_sources, selected_sources

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager
    from typing import Self

    import pandas as pd
    import pyarrow as pa

    from workbench.model.selecting.selection import SelectedSource
    from workbench.model.selecting.topic_selection import TopicsLike
    from workbench.model.selecting.window import BoundLike
    from workbench.store.segments.paired_rows import PairedRows
    from workbench.store.segments.segment import Segment
    from workbench.store.snapshot.own_frames import OwnFrames
    from workbench.store.snapshot.queries import Parameters
    from workbench.store.snapshot.ranges import RangeUpdate
    from workbench.store.snapshot.sources import Source

_READERS_S = 10.0
"""Seconds to wait for running queries; then their segment files are deleted, or left for the next opening."""


class SnapshotStore:
    """One snapshot: a DuckDB file, and a folder of Parquet segments beside it while it is large.

    Made by `open`; a context manager. Reading methods may be called from any thread.
    """

    def __init__(self, connection: Connection, folder: Path, *, read_only: bool, last_segment: int = 0) -> None:
        self._connection = connection
        self._folder = folder
        self._read_only = read_only
        self._writing = threading.RLock()
        self._last_segment = last_segment
        self.segment_checks = SegmentChecks(connection.path, folder)
        self._queries = Queries(connection, self.segment_checks)
        self.ids = IdIndex(folder, self.segment_checks)
        self.source_locks = SourceLocks(connection.path)
        self._closed = False

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        write: bool = False,
    ) -> Self:
        """Open a snapshot; for writing it is made where it does not exist.

        Raises:
            SnapshotError: It does not exist, or its folder cannot be used.
            SnapshotLockedError: Another process, or this one, has it open for writing.
            SnapshotFormatError: A foreign, damaged or newer file, or one whose segments are missing.
        """
        file = Path(path)
        check_place(file, write=write)
        folder = segments_folder(file)
        connection = Connection(file, folder, read_only=not write)
        try:
            last_segment = prepare(connection, folder, read_only=not write)
        except BaseException:
            connection.close()
            raise
        return cls(connection, folder, read_only=not write, last_segment=last_segment)

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
        """Folder of the segment files; it exists only if there are any."""
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

    def sql(self, query: str, params: Parameters = None, *, frames: OwnFrames | None = None) -> pd.DataFrame:
        """Answer SQL with a frame of fixed dtypes, its provenance in ``.attrs["provenance"]``.

        Args:
            query: One SELECT over ``records``, ``events`` and the other tables.
            params: Values of ``?`` (a list) or ``$name`` (a mapping).
            frames: Tables of the caller's own by name.

        Raises:
            QueryError: The query is not one SELECT, a frame cannot be used, or DuckDB cannot answer it.
        """
        return to_pandas(self.sql_arrow(query, params, frames=frames), provenance=self.ranges_table())

    def sql_arrow(self, query: str, params: Parameters = None, *, frames: OwnFrames | None = None) -> pa.Table:
        """Answer SQL with an Arrow table, for bulk."""
        return self._queries.run(query, params, frames or {})

    def record_batches(
        self, query: str, where: str | None, params: Parameters, rows: int
    ) -> AbstractContextManager[pa.RecordBatchReader]:
        """Answer a query of the store around a condition of the user, in batches of so many rows."""
        return self._queries.batches(query, where, params, rows)

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
        columns: Sequence[str] | None = None,
    ) -> pd.DataFrame:
        """Decoded events as a frame, ordered by time and position.

        Args:
            topic: Physical topic names; like ``type``, ``source`` and ``correlation_id`` one or several.
            start: From here on: a time (exact, by record timestamp), an offset, or ``"start"``.
            end: Up to here, exclusive.
            where: An SQL condition over the columns of ``events``; ``params`` holds the values of its ``$names``.
            limit: At most so many rows; ``.attrs["truncated"]`` says whether there were more.
            columns: These columns instead of all decoded ones; ``key``, ``value``, ``headers``, ``key_text``,
                ``value_text`` and ``payload`` as well.

        Raises:
            QueryError: The condition cannot be answered, or there is no such column.
            WindowError: A bound that a snapshot cannot resolve.
        """
        chosen = row_queries.EventFilter(
            topic, type, source, correlation_id, start, end, where, params or {}, limit, columns
        )
        query, values = chosen.statement()
        table = self._queries.select(query, where, values, columns=columns or ())
        frame = to_pandas(table.slice(0, limit) if limit is not None else table, provenance=self.ranges_table())
        frame.attrs["truncated"] = limit is not None and table.num_rows > limit
        return frame

    def payload(self, topics: TopicsLike) -> pd.DataFrame:
        """Return the payloads of topics as a frame with one typed column for each path of the JSON values.

        Numbers, times and booleans get their types; a nested path is a dotted name; arrays stay JSON text. A column
        whose values differ in type is text. ``.attrs["notes"]`` says which columns these are, which objects were not
        divided, and how many records have no JSON object; ``.attrs["paths"]`` has the JSON pointer of each column.

        Raises:
            UnknownTopicError: The snapshot has no such topic.
        """
        table, relation = self._queries.payload(topics)
        frame = to_pandas(table, provenance=self.ranges_table())
        frame.attrs["notes"] = relation.notes
        frame.attrs["paths"] = {column.name: column.path.pointer for column in relation.columns}
        return frame

    def event_table(
        self,
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        positions: pa.Table | None = None,
        with_value: bool = False,
        with_decoded: bool = False,
    ) -> pa.Table:
        """Decoded rows for analysis: the `EVENT` columns, then `row_queries.EVENT_EXTRAS` and perhaps ``value``.

        Args:
            where: An SQL condition over the columns of ``events``.
            positions: Only these: columns ``source_id``, ``partition``, ``offset``.
            with_value: Add the raw value as the last column.
            with_decoded: Among the columns is ``decoded``, too, which is as large as the values.
        """
        query = row_queries.event_query(
            where, by_position=positions is not None, with_value=with_value, with_decoded=with_decoded
        )
        return self._queries.select(query, where, params, positions)

    def position_table(self, where: str | None = None) -> pa.Table:
        """Positions of decoded rows, columns ``source_id``, ``partition``, ``offset``, in their order.

        Args:
            where: An SQL condition over the columns of ``events``.
        """
        return self._queries.select(row_queries.position_query(where), where, None)

    def named_columns(self, columns: Sequence[str], positions: pa.Table) -> pa.Table:
        """Columns of ``events`` at some positions, in their order; the position is among them."""
        return self._queries.select(row_queries.named_query(columns), None, None, positions)

    def paired_rows(self, positions: pa.Table, columns: Sequence[str]) -> PairedRows:
        """Raw rows of segments at some positions, with columns of ``events``; read once, in the order of the files.

        Raises:
            SnapshotFormatError: A segment file is damaged or missing.
        """
        return self._queries.paired_rows(self._folder, positions, columns)

    def record_table(
        self,
        where: str | None = None,
        params: Mapping[str, Any] | None = None,
        *,
        positions: pa.Table | None = None,
    ) -> pa.Table:
        """Raw rows for replay: the `RECORD` columns, then `row_queries.RECORD_EXTRAS`, in order of position.

        Args:
            where: An SQL condition over the columns of ``events`` together with ``key``, ``value`` and ``headers``.
            positions: Only these: columns ``source_id``, ``partition``, ``offset``.
        """
        query = row_queries.record_query(where, by_position=positions is not None)
        return self._queries.select(query, where, params, positions)

    @property
    def ranges(self) -> pd.DataFrame:
        """The provenance as a frame; see `workbench.store.file.layout.RANGES`."""
        return to_pandas(self.ranges_table())

    def ranges_table(self) -> pa.Table:
        """The provenance as Arrow: what was captured, and why it stopped."""
        with self._connection.cursor() as cursor:
            return ranges_table(cursor, alive=not self._read_only)

    def captured_offsets(self) -> pa.Table:
        """Which offsets were captured; see `workbench.store.snapshot.ranges.captured_offsets`."""
        with self._connection.cursor() as cursor:
            return captured_offsets(cursor)

    def record_count(self) -> int:
        """Count the records of the snapshot."""
        with self._connection.cursor() as cursor:
            return row_queries.record_count(cursor)

    def sources(self) -> list[Source]:
        """Every source, in order of first capture."""
        with self._connection.cursor() as cursor:
            return all_sources(cursor)

    def selected_sources(self) -> list[SelectedSource]:
        """Return each captured topic with its partitions, isolation level and gaps, for the planning of a replay."""
        with self._connection.cursor() as cursor:
            return selected_sources(cursor)

    def new_segment(self) -> SegmentWriter:
        """Begin a segment beside the file; nothing of it is seen before `commit`."""
        self.check_writable()
        with self._writing:
            self._last_segment += 1
            return SegmentWriter(self._folder, self._last_segment)

    def commit(
        self,
        updates: Sequence[RangeUpdate],
        *,
        segments: Sequence[Segment] = (),
        rows: tuple[pa.Table, pa.Table] | None = None,
        last: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
    ) -> None:
        """Enter rows and how far their ranges got, in one transaction.

        Args:
            segments: Finished segments.
            rows: A small number of stored records and events that go into the file itself.
            last: Called with the cursor of the transaction before it is committed.
        """
        with self.transaction() as cursor:
            if segments:
                enter_segments(cursor, segments)
            if rows is not None:
                packing.insert_rows(cursor, *rows)
            update_ranges(cursor, updates)
            if last is not None:
                last(cursor)

    def pack(self, *, max_bytes: int | None = None) -> bool:
        """Move segments into the file, so that it can be mailed; returns whether it was done.

        Args:
            max_bytes: Leave them where they are if together they are larger, if their values are very large, or if the
                disk has no room for the move.

        Raises:
            StorageFullError: The disk is full. Each segment is where it was, or in the file as a whole.
            SnapshotFormatError: A segment file is damaged; everything is where it was.
        """
        self.check_writable()
        with self._writing:
            with self.cursor() as cursor:
                sizes = packing.segment_sizes(cursor, self._folder)
                unpacked = sum(one.unpacked_bytes for one in sizes)
                small = max_bytes is None or packing.is_small(sizes, max_bytes)
                if not small or (max_bytes is not None and not packing.has_room(self.path, unpacked)):
                    return False
                self.segment_checks.check(cursor, ALL_ROWS)
            for step in packing.packing_steps(sizes):
                self._pack(step)
        return True

    def _pack(self, segment_ids: Sequence[int]) -> None:
        with self.transaction() as cursor:
            moved = packing.move_segments_in(cursor, segment_ids)
        with self.cursor() as cursor, contextlib.suppress(duckdb.TransactionException):
            # Refused while other queries run; closing does it then.
            cursor.execute("CHECKPOINT")
        self.remove_files(moved)

    def remove_files(self, names: Collection[str]) -> None:
        """Remove files that are no longer named, unless a query still reads them: the next opening sweeps those."""
        if self._connection.wait_for_readers(_READERS_S):
            remove_files(self._folder, names)

    def check_writable(self) -> None:
        """Refuse a change of a store that was opened for reading.

        Raises:
            SnapshotError: It was.
        """
        if self._read_only:
            raise SnapshotError(f"{self.path} is open for reading only. Open it with write=True.", path=str(self.path))
