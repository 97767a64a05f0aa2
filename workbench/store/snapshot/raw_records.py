"""Keeps the raw bytes of masked records in a file of its own beside a snapshot, where the settings say so.

Nothing that shows a snapshot reads this file: it is no part of the snapshot's tables, copies and exports. Only a replay
takes from it what it sends.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import duckdb
import numpy as np
import pyarrow as pa

from workbench.errors import SnapshotError
from workbench.model.records.columns import RECORD
from workbench.text import visible

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

SUFFIX = ".masked-raw"
_POLICY: dict[str, str | bool | int | float | list[str]] = {
    "python_enable_replacements": "false",
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "memory_limit": "512MB",
    "threads": "1",
}
_TABLE = """
CREATE TABLE IF NOT EXISTS raw_records (
    cluster_id VARCHAR NOT NULL, topic VARCHAR NOT NULL, "partition" INTEGER NOT NULL, "offset" BIGINT NOT NULL,
    timestamp_ms BIGINT, key BLOB, value BLOB, headers STRUCT(name BLOB, value BLOB)[]
)
"""
_ADD = """
INSERT INTO raw_records
SELECT $cluster, $topic, "partition", "offset", timestamp_ms, key, value, headers FROM given
"""
_FIND = """
SELECT DISTINCT ON (wanted.number) wanted.number, raw.key, raw.value, raw.headers
FROM wanted JOIN raw_records raw USING (cluster_id, topic, "partition", "offset", timestamp_ms)
"""
BODY = ("key", "value", "headers")
FOUND = pa.schema([("number", pa.int64()), *(RECORD.field(name) for name in BODY)])


def raw_records_path(snapshot: Path) -> Path:
    """Return the file for the raw bytes of a snapshot's masked records."""
    return snapshot.with_name(f"{snapshot.name}{SUFFIX}")


class RawRecords:
    """The raw bytes of masked records, by their positions; for several threads.

    A time of a record is compared as well as its position: a topic that was made anew has the same positions.

    Args:
        path: The file; made with rights for its owner alone.
        write: Whether records are added.

    Raises:
        SnapshotError: It cannot be opened.
    """

    def __init__(self, path: Path, *, write: bool) -> None:
        self.path = path
        self._lock = threading.Lock()
        if write and not path.exists():
            _claim(path)
        try:
            self._connection = duckdb.connect(str(path), read_only=not write, config=_POLICY)
            if write:
                self._connection.execute(_TABLE)
        except duckdb.Error as error:
            why = visible(str(error).partition("\n")[0], 300)
            raise SnapshotError(
                f"The raw bytes of masked records, {path}, cannot be opened: {why}", path=str(path)
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, cluster_id: str, topic: str, records: pa.RecordBatch) -> None:
        """Keep records, columns of `RECORD`."""
        with self._lock:
            self._connection.register("given", pa.Table.from_batches([records]))
            try:
                self._connection.execute(_ADD, {"cluster": cluster_id, "topic": topic})
            finally:
                self._connection.unregister("given")

    def find(self, records: pa.Table) -> pa.Table:
        """Return the raw key, value and headers of records, with the number of the row of each; columns of `FOUND`.

        Args:
            records: Columns ``cluster_id``, ``topic``, ``partition``, ``offset``, ``timestamp_ms``.
        """
        wanted = records.append_column("number", pa.array(np.arange(records.num_rows)))
        with self._lock:
            self._connection.register("wanted", wanted)
            try:
                found: pa.Table = self._connection.sql(_FIND).to_arrow_table()
                return found.cast(FOUND)
            finally:
                self._connection.unregister("wanted")

    def close(self) -> None:
        """Close the file; harmless when repeated."""
        self._connection.close()


def _claim(path: Path) -> None:
    """Make an empty file with rights for its owner alone, before anything is written to it."""
    duckdb.connect(str(path)).close()
    path.chmod(0o600)
