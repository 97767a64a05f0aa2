"""Exports records of a snapshot to Parquet or JSON lines, without loss."""

from __future__ import annotations

import contextlib
import json
import os
from io import BufferedWriter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import SnapshotError, StorageFullError
from workbench.model.records.columns import RECORD
from workbench.store.file.connection import is_storage_full, translated
from workbench.store.snapshot.schemas import stored_schemas
from workbench.store.sql.reserved_words import readable_condition
from workbench.store.transfer.exported_schemas import SCHEMAS_KEY, UsedSchemas
from workbench.store.transfer.jsonl import to_line
from workbench.store.transfer.whole_values import VECTOR_ROWS, value_columns, with_large_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from workbench.store.snapshot.store import SnapshotStore

FileFormat: TypeAlias = Literal["parquet", "jsonl"]
PROVENANCE_KEY = b"workbench_ranges"
"""Key of the Parquet file's metadata under which the ranges of a whole export travel, as JSON."""

PARQUET_SCHEMAS = f"workbench_{SCHEMAS_KEY}"
"""Key of the metadata under which the schemas travel, as JSON."""

EXPORTED = pa.schema(
    [
        *(pa.field(name, pa.string()) for name in ("cluster_id", "cluster", "topic", "topic_id", "isolation")),
        *RECORD,
    ]
)
"""Columns of an exported file."""

_GROUP_ROWS = 20_000
_LINE_ROWS = 1_000
_SUFFIXES: Mapping[str, FileFormat] = {".parquet": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}

_QUERY = f"""
    SELECT cluster_id, s.cluster, s.topic, topic_id, isolation, "partition", "offset", timestamp_ms, timestamp_type,
        key, {value_columns()}, headers, source_id
    FROM records
    JOIN (SELECT source_id, cluster_id, cluster, topic, topic_id FROM sources) AS s USING (source_id)
    LEFT JOIN (SELECT source_id, any_value(isolation) AS isolation FROM capture_ranges GROUP BY source_id)
        USING (source_id)
"""  # noqa: S608 - columns of ours


def file_format(path: Path, given: str | None) -> FileFormat:
    """Return the format of a file, by its name unless it is given.

    Raises:
        SnapshotError: Neither says which.
    """
    found = _SUFFIXES.get(f".{given}" if given else path.suffix.lower())
    if found is None:
        raise SnapshotError(
            f"What format {path} is in cannot be told: its name ends neither in .parquet nor in .jsonl. "
            "Say format='parquet' or format='jsonl'.",
            path=str(path),
        )
    return found


def export_records(
    store: SnapshotStore,
    path: str | os.PathLike[str],
    *,
    format: str | None = None,  # noqa: A002 - what every exporter calls it
    where: str | None = None,
    params: Mapping[str, Any] | None = None,
    change: Callable[[pa.Table], pa.Table] | None = None,
) -> int:
    """Write records to a Parquet or JSONL file without loss, in order of position; returns how many.

    Schemas of the snapshot that their keys and values name go along. The file appears when it is whole.

    Args:
        format: ``"parquet"`` or ``"jsonl"``; by the file's name unless given.
        where: An SQL condition over the columns of ``events``, the bytes and their text included; ``params``
            holds the values of its ``$names``.
        change: Makes other rows of them, such as masked ones, before anything is written.

    Raises:
        SnapshotError: Neither the name nor ``format`` says which format is meant, or the file cannot be written.
        StorageFullError: The disk of the file is full.
        QueryError: The condition cannot be answered.
    """
    path = Path(path)
    kind = file_format(path, format)
    temporary = path.with_name(f".{path.name}.writing")
    query, values = _query(where), dict(params) if params else None
    try:
        with translated(path), store.record_batches(query, where, values, VECTOR_ROWS) as batches:
            used = UsedSchemas(stored_schemas(store))
            read = with_large_values(batches, lambda picked: store.record_table(positions=picked), _GROUP_ROWS)
            tables = _seen(read, used)
            tables = tables if change is None else map(change, tables)
            if kind == "parquet":
                rows = _write_parquet(tables, temporary, None if where else store.ranges_table(), used)
            else:
                rows = _write_jsonl(tables, temporary, used)
        with _target():
            os.replace(temporary, path)  # noqa: PTH105 - Path.replace would read the same
    except _TargetError as error:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise _not_written(path, error.cause) from error.cause
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return rows


_File = TypeVar("_File", BufferedWriter, pq.ParquetWriter)


class _TargetError(Exception):
    """The file that is written refuses; kept apart from errors of the snapshot that is read meanwhile."""

    def __init__(self, cause: OSError) -> None:
        super().__init__(str(cause))
        self.cause = cause


@contextlib.contextmanager
def _target() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _TargetError(error) from error


@contextlib.contextmanager
def _closing(file: _File) -> Iterator[_File]:
    """Close what was opened; after an error quietly, because closing a file on a full disk fails once more."""
    try:
        yield file
    except BaseException:
        with contextlib.suppress(OSError, pa.ArrowException):
            file.close()
        raise
    with _target():
        file.close()


def _not_written(path: Path, error: OSError) -> SnapshotError | StorageFullError:
    if is_storage_full(error):
        return StorageFullError(
            f"The disk that holds {path} is full, so it was not written. Free space, or name a file elsewhere.",
            path=str(path),
        )
    why = os.strerror(error.errno) if error.errno else str(error)
    return SnapshotError(f"{path} cannot be written: {why}.", path=str(path))


def _query(where: str | None) -> str:
    order = 'ORDER BY source_id, "partition", "offset"'
    if where is None:
        return f"{_QUERY} {order}"
    picked = f'SELECT source_id, "partition", "offset" FROM events WHERE ({readable_condition(where)}\n)'  # noqa: S608 - the user's own condition
    return f'{_QUERY} SEMI JOIN ({picked}) USING (source_id, "partition", "offset") {order}'


def _seen(tables: Iterator[pa.Table], used: UsedSchemas) -> Iterator[pa.Table]:
    for table in tables:
        used.see(table)
        yield table


def _write_parquet(tables: Iterator[pa.Table], path: Path, ranges: pa.Table | None, used: UsedSchemas) -> int:
    schema = EXPORTED
    if ranges is not None:
        schema = schema.with_metadata({PROVENANCE_KEY: json.dumps(ranges.to_pylist()).encode()})
    rows = 0
    with _target():
        opened = pq.ParquetWriter(path, schema, compression="zstd", compression_level=1)
    with _closing(opened) as writer:
        for table in tables:
            with _target():
                writer.write_table(table.select(schema.names).cast(schema))
            rows += table.num_rows
        if schemas := used.text(path):
            writer.add_key_value_metadata({PARQUET_SCHEMAS: schemas.decode()})
    return rows


def _write_jsonl(tables: Iterator[pa.Table], path: Path, used: UsedSchemas) -> int:
    rows = 0
    with _target():
        opened = path.open("wb")
    with _closing(opened) as file:
        for table in tables:
            for batch in table.to_batches(_LINE_ROWS):
                lines = b"".join(to_line(row) for row in batch.to_pylist())
                with _target():
                    file.write(lines)
            rows += table.num_rows
        if schemas := used.text(path):
            with _target():
                file.write(b'{"%s": %s}\n' % (SCHEMAS_KEY.encode(), schemas))
    return rows
