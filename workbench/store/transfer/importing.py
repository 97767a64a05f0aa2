"""Imports the records of an exported file into a snapshot: all of them or none, each position once."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.errors import SnapshotFormatError
from workbench.model.records.columns import RECORD
from workbench.model.schemas import Schemas
from workbench.store.file.connection import translated
from workbench.store.file.layout import RANGES
from workbench.store.segments import packing
from workbench.store.segments.catalogue import enter_segments
from workbench.store.segments.stored_rows import stored_rows
from workbench.store.snapshot.appending import Appender
from workbench.store.snapshot.captures import CaptureHead, begin_capture, end_capture
from workbench.store.snapshot.ranges import RangeKey, RangeUpdate, recount_values
from workbench.store.snapshot.schemas import insert_schemas, schema_rows, schemas_by_cluster
from workbench.store.snapshot.sources import add_source, all_sources, find_sources
from workbench.store.transfer.exported_schemas import SCHEMAS_KEY, read_schemas
from workbench.store.transfer.exporting import EXPORTED, PARQUET_SCHEMAS, PROVENANCE_KEY, file_format
from workbench.store.transfer.jsonl import BOUNDS, from_line

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import duckdb

    from workbench.model.events.decoding import BulkDecoder
    from workbench.store.segments.segment import Segment
    from workbench.store.snapshot.store import SnapshotStore

_BATCH_ROWS = 20_000
_SCHEMAS_LINE = f'{{"{SCHEMAS_KEY}":'.encode()
_FRESH = """
    CREATE TEMP TABLE fresh AS
    SELECT DISTINCT ON (number, "partition", "offset") number, incoming.* FROM incoming
    JOIN numbers ON coalesce(incoming.cluster_id, '') = cluster_key AND incoming.topic = numbers.topic
        AND incoming.topic_key = numbers.topic_key
    WHERE NOT EXISTS (
        FROM capture_ranges AS r
        WHERE r.source_id = number AND r."partition" = incoming."partition"
            AND incoming."offset" >= r."from" AND incoming."offset" < r.next
    )
"""
"""Rows at positions that no range covers."""

_RUNS = """
    SELECT number, "partition", min("offset"), max("offset") + 1, count(*), any_value(isolation)
    FROM (
        SELECT number, "partition", "offset", isolation,
            "offset" - row_number() OVER (PARTITION BY number, "partition" ORDER BY "offset") AS island
        FROM fresh
    )
    GROUP BY number, "partition", island ORDER BY number, "partition", min("offset")
"""
"""Runs of consecutive offsets. A file without provenance proves no more than these."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The result of an import."""

    records: int
    """Rows stored."""
    known: int
    """Rows left out because their positions were stored already, or stood twice in the file."""


def import_file(
    store: SnapshotStore,
    path: str | os.PathLike[str],
    decoder: BulkDecoder,
    with_schemas: Callable[[Schemas], BulkDecoder] | None = None,
    *,
    change: Callable[[pa.Table], pa.Table] | None = None,
) -> Imported:
    """Store the records of a file that `export_records` wrote, in one transaction.

    Positions that are stored already are left out and counted. Schemas of the file are stored, too.

    Args:
        store: A snapshot open for writing.
        path: The file.
        decoder: Decodes the records.
        with_schemas: Makes a decoder that knows schemas, for the records of a cluster of which there are any.
        change: Makes other rows of them, such as masked ones, before anything is stored.

    Raises:
        SnapshotError: The snapshot was opened read-only.
        SnapshotFormatError: The file is damaged or not such a file; nothing was stored.
    """
    path = Path(path)
    is_parquet = file_format(path, None) == "parquet"
    lines: list[Any] = []
    batches = _read_parquet(path) if is_parquet else _read_jsonl(path, lines)
    batches = batches if change is None else map(change, batches)
    source = _Input(batches, path.name, "imported from a file", path, path if is_parquet else None, lines)
    return _import(store, source, _Decoding(decoder, with_schemas))


def import_rows(store: SnapshotStore, rows: pa.Table, decoder: BulkDecoder, *, name: str, how: str) -> Imported:
    """Store records that are at hand, in one transaction; of what lies between them nothing is known.

    Args:
        store: A snapshot open for writing.
        rows: Columns of `workbench.store.transfer.exporting.EXPORTED`.
        decoder: Decodes them.
        name: Where they come from; entered as what was captured.
        how: How they came, for the provenance.

    Raises:
        SnapshotError: The snapshot was opened read-only.
    """
    return _import(store, _Input(iter([rows]), name, how), _Decoding(decoder))


@dataclass(frozen=True, slots=True)
class _Input:
    """What is imported: its batches, and where they come from."""

    batches: Iterator[pa.Table]
    name: str
    how: str
    path: Path = Path()
    parquet: Path | None = None
    lines: Sequence[Any] = ()
    """Schemas that JSON lines hold, once all batches were read."""

    def schemas(self) -> Sequence[Any]:
        return self.lines if self.parquet is None else _parquet_schemas(self.parquet)


@dataclass(frozen=True, slots=True)
class _Decoding:
    """What decodes the records."""

    decoder: BulkDecoder
    with_schemas: Callable[[Schemas], BulkDecoder] | None = None

    def of_sources(
        self, store: SnapshotStore, cursor: duckdb.DuckDBPyConnection, more: Mapping[str, Schemas]
    ) -> Callable[[int], BulkDecoder]:
        """Return what decodes the records of a source, by its number."""
        if self.with_schemas is None:
            return lambda _: self.decoder
        known = schemas_by_cluster(store)
        for cluster, found in more.items():
            known[cluster] = known.get(cluster, Schemas()).with_more(found.by_id.values(), found.referenced)
        of_cluster = {cluster: self.with_schemas(schemas) for cluster, schemas in known.items()}
        clusters = {source.source_id: source.cluster_id or "" for source in all_sources(cursor)}
        return lambda number: of_cluster.get(clusters[number], self.decoder)


def _import(store: SnapshotStore, source: _Input, decoding: _Decoding) -> Imported:
    with store.transaction() as cursor:
        cursor.register("nothing", EXPORTED.empty_table())
        cursor.execute("CREATE TEMP TABLE incoming AS SELECT *, '' AS topic_key FROM nothing")
        total = 0
        for batch in source.batches:
            cursor.register("batch", batch)
            cursor.execute("INSERT INTO incoming SELECT *, coalesce(topic_id, '') FROM batch")
            total += batch.num_rows
        schemas = _store_schemas(cursor, source.path, source.schemas())
        topics, new = _number_sources(cursor)
        cursor.execute(_FRESH)
        travelled = RANGES.empty_table() if source.parquet is None else _provenance(cursor, source.parquet, new)
        stored = _store_rows(store, cursor, decoding.of_sources(store, cursor, schemas), topics)
        _enter(cursor, source.name, source.how, travelled)
        for table in ("incoming", "numbers", "fresh"):
            cursor.execute(f"DROP TABLE {table}")
    return Imported(stored, total - stored)


def _read_parquet(path: Path) -> Iterator[pa.Table]:
    with translated(path):
        try:
            with pq.ParquetFile(path) as file:
                missing = [name for name in EXPORTED.names if name not in file.schema_arrow.names]
                if missing:
                    raise _unreadable(path, f"it lacks the columns {', '.join(missing)}")
                row = 0
                for batch in file.iter_batches(_BATCH_ROWS, columns=EXPORTED.names):
                    yield _checked(pa.table(batch), path, row)
                    row += batch.num_rows
        except (pa.ArrowException, ValueError) as error:
            raise _unreadable(path, str(error)) from error


def _checked(table: pa.Table, path: Path, first_row: int) -> pa.Table:
    """Bring rows to the types of `EXPORTED`; refuse the first value that no record can have, by row and column."""
    columns = []
    for field in EXPORTED:
        column = table[field.name]
        try:
            columns.append(column.cast(field.type))
        except pa.ArrowException as error:
            raise _unreadable(path, f"column {field.name} holds {column.type}, not {field.type}: {error}") from error
        needed = field.name == "topic" or field.name in BOUNDS
        wrong = pc.is_null(columns[-1]) if needed else None
        if field.name in BOUNDS:
            low, high = (pa.scalar(bound, pa.int64()) for bound in (BOUNDS[field.name][0], BOUNDS[field.name][1] - 1))
            wide = columns[-1].cast(pa.int64())
            wrong = pc.or_kleene(wrong, pc.or_(pc.less(wide, low), pc.greater(wide, high)))
        at = -1 if wrong is None else pc.index(wrong, value=True).as_py()
        if at >= 0:
            value = columns[-1][at].as_py()
            raise _unreadable(path, f"row {first_row + at + 1}, column {field.name}: {value!r} is no value of a record")
    return pa.table(columns, schema=EXPORTED)


def _parquet_schemas(path: Path) -> list[Any]:
    with pq.ParquetFile(path) as file:
        text = (file.metadata.metadata or {}).get(PARQUET_SCHEMAS.encode())
    try:
        return [] if text is None else [json.loads(text)]
    except (ValueError, RecursionError) as error:
        raise _unreadable(path, f"its schemas are no JSON: {error}") from error


def _store_schemas(cursor: duckdb.DuckDBPyConnection, path: Path, found: Sequence[Any]) -> dict[str, Schemas]:
    """Store the schemas of the file; returns them by the id of the cluster whose records name them."""
    by_cluster: dict[str, Schemas] = {}
    for rows in found:
        try:
            read = read_schemas(rows)
        except ValueError as error:
            raise _unreadable(path, str(error)) from error
        for origin, schemas in read.items():
            insert_schemas(cursor, schema_rows(origin, schemas))
            before = by_cluster.get(origin.cluster_id, Schemas())
            by_cluster[origin.cluster_id] = before.with_more(schemas.by_id.values(), schemas.referenced)
    return by_cluster


def _read_jsonl(path: Path, schemas: list[Any]) -> Iterator[pa.Table]:
    """Yield the records of a file; a line of schemas is added to the list."""
    rows = []
    with translated(path), path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            try:
                if line.startswith(_SCHEMAS_LINE):
                    schemas.append(json.loads(line)[SCHEMAS_KEY])
                    continue
                rows.append(from_line(line))
            except (ValueError, RecursionError) as error:
                raise _unreadable(path, f"line {number}: {error}") from error
            if len(rows) >= _BATCH_ROWS:
                yield pa.Table.from_pylist(rows, schema=EXPORTED)
                rows = []
    yield pa.Table.from_pylist(rows, schema=EXPORTED)


def _number_sources(cursor: duckdb.DuckDBPyConnection) -> tuple[dict[int, str], set[int]]:
    """Find or enter the sources of the file; returns topics by number, and which numbers are new."""
    found = cursor.execute(
        """
        SELECT coalesce(cluster_id, ''), any_value(cluster), topic, topic_key, max("partition") + 1
        FROM incoming GROUP BY coalesce(cluster_id, ''), topic, topic_key ORDER BY min(rowid)
        """
    ).fetchall()
    cursor.execute("CREATE TEMP TABLE numbers (number INTEGER, cluster_key VARCHAR, topic VARCHAR, topic_key VARCHAR)")
    topics: dict[int, str] = {}
    new: set[int] = set()
    for cluster_id, cluster, topic, topic_key, partitions in found:
        same = [source for source in find_sources(cursor, cluster_id, topic) if (source.topic_id or "") == topic_key]
        if not same:
            identity = {"cluster_id": cluster_id, "cluster": cluster, "topic": topic, "topic_id": topic_key or None}
            same = [add_source(cursor, **identity, partitions=partitions)]
            new.add(same[0].source_id)
        topics[same[0].source_id] = topic
        cursor.execute("INSERT INTO numbers VALUES (?, ?, ?, ?)", [same[0].source_id, cluster_id, topic, topic_key])
    return topics, new


def _store_rows(
    store: SnapshotStore,
    cursor: duckdb.DuckDBPyConnection,
    decoder_of: Callable[[int], BulkDecoder],
    topics: Mapping[int, str],
) -> int:
    commits: list[tuple[Sequence[Segment], tuple[pa.Table, pa.Table] | None]] = []

    def collect(
        updates: Sequence[RangeUpdate],
        *,
        segments: Sequence[Segment] = (),
        rows: tuple[pa.Table, pa.Table] | None = None,
        last: Callable[[duckdb.DuckDBPyConnection], None] | None = None,
    ) -> None:
        del updates
        if last is not None:
            last(cursor)
        commits.append((segments, rows))

    stored = 0
    appender = Appender(store, commit=collect)
    try:
        for number, topic in topics.items():
            query = 'FROM fresh WHERE number = $number ORDER BY "partition", "offset"'
            for batch in cursor.sql(query, params={"number": number}).to_arrow_reader(_BATCH_ROWS):
                raw = pa.table(batch).select(RECORD.names).cast(RECORD)
                rows = stored_rows(number, raw, decoder_of(number).decode(raw, topic))
                appender.append(RangeUpdate(RangeKey("", number, 0, 0), 0), *rows)
                stored += raw.num_rows
        appender.commit()
    except BaseException:
        appender.discard()
        raise
    for segments, inline in commits:
        if segments:
            enter_segments(cursor, segments)
        if inline is not None:
            packing.insert_rows(cursor, *inline)
    return stored


def _provenance(cursor: duckdb.DuckDBPyConnection, path: Path, new: set[int]) -> pa.Table:
    """Read the ranges that a whole export contains, for sources that are new here, with the numbers used here."""
    with pq.ParquetFile(path) as file:
        text = (file.schema_arrow.metadata or {}).get(PROVENANCE_KEY)
    identities = {
        (source.cluster_id, source.topic, source.topic_id): source.source_id
        for source in all_sources(cursor)
        if source.source_id in new
    }
    rows = []
    for row in json.loads(text) if text else []:
        number = identities.get((row["cluster_id"], row["topic"], row["topic_id"]))
        if number is not None:
            rows.append({**row, "source_id": number})
    return pa.Table.from_pylist(rows, schema=RANGES)


def _enter(cursor: duckdb.DuckDBPyConnection, name: str, how: str, ranges: pa.Table) -> None:
    """Enter the import as a capture, and the ranges that it covers."""
    head = CaptureHead(f"import-{uuid.uuid4()}", name, "import", "import", "read_committed")
    begin_capture(cursor, head, ())
    end_capture(cursor, head.capture_id, (), "complete", how)
    cursor.register("travelled", ranges)
    cursor.execute(
        f"""
        INSERT INTO capture_ranges BY NAME
        SELECT capture_id, source_id, "partition", "from", next, "end", gaps, records, control, aborted,
            isolation, CASE state WHEN 'running' THEN 'failed' ELSE state END AS state, reason
        FROM travelled
        UNION ALL
        SELECT ?, number, "partition", first, stop, stop, [], count, 0, 0, coalesce(isolation, 'unknown'),
            'complete', ? || '; what lies between its records is unknown'
        FROM ({_RUNS}) AS runs(number, "partition", first, stop, count, isolation)
        WHERE number NOT IN (SELECT source_id FROM travelled)
        """,  # noqa: S608 - the text above
        [head.capture_id, how],
    )
    recount_values(cursor)


def _unreadable(path: Path, why: str) -> SnapshotFormatError:
    return SnapshotFormatError(
        f"{path} cannot be imported: {why}. Nothing was stored.", path=str(path), found="a damaged or foreign file"
    )
