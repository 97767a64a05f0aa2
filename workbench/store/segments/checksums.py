"""Checksums of segment files: stored with each segment, and compared before a query reads the file for the first time.

CRC-32C, the checksum of Kafka's record batches: several GB a second on one core. DuckDB checks the blocks of its own
file by itself; of Parquet files it reads it checks nothing.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

import google_crc32c

from workbench.errors import SnapshotFormatError
from workbench.text import counted, partition_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    import duckdb

Part: TypeAlias = Literal["records", "events"]
FileState: TypeAlias = Literal["ok", "damaged", "missing", "no checksum"]

RAW_ROWS: tuple[Part, ...] = ("records",)
DECODED_ROWS: tuple[Part, ...] = ("events",)
ALL_ROWS: tuple[Part, ...] = ("records", "events")

_STEP_BYTES = 1 << 17
"""What the cache next to a core holds, so that a step is summed up where it was copied to."""
_NAMED = 3

_PICKED = """
    SELECT DISTINCT segment_id FROM segment_positions AS s JOIN picked_positions AS p
        ON s.source_id = p.source_id AND s."partition" = p."partition"
            AND p."offset" BETWEEN first_offset AND last_offset
"""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a segment, as the tables describe it."""

    segment_id: int
    part: Part
    name: str
    rows: int
    checksum: int | None
    """None for a file that was written before checksums were stored."""


def file_checksum(path: Path) -> int:
    """Compute the CRC-32C of a file, in steps, so that memory stays bounded."""
    checksum = 0
    with path.open("rb", buffering=0) as file:
        while step := file.read(_STEP_BYTES):
            checksum = google_crc32c.extend(checksum, step)
    return checksum


def stored_files(
    cursor: duckdb.DuckDBPyConnection, *, picked: bool = False, segments: Collection[int] | None = None
) -> Iterator[StoredFile]:
    """Give every file that the tables name.

    Args:
        cursor: For the query.
        picked: Only segments that may hold one of the registered ``picked_positions``.
        segments: Only these.
    """
    where = (
        f"WHERE segment_id IN ({_PICKED})"
        if picked
        else "WHERE $1::INTEGER[] IS NULL OR list_contains($1::INTEGER[], segment_id)"
    )
    chosen = [] if picked else [None if segments is None else list(segments)]
    found = cursor.execute(f"SELECT * FROM segments {where} ORDER BY segment_id", chosen)  # noqa: S608 - a constant
    # By name: a file of an earlier version that was opened for reading has no columns of checksums.
    names = [column[0] for column in found.description]
    for values in found.fetchall():
        row = dict(zip(names, values, strict=True))
        for part in ALL_ROWS:
            yield StoredFile(
                row["segment_id"],
                part,
                row[f"{part}_file"],
                row["rows"],
                row.get(f"{part}_crc32c"),
            )


def state_of(file: StoredFile, folder: Path) -> FileState:
    """Compare a file with what is stored of it."""
    try:
        if file.checksum is None:
            return "no checksum" if (folder / file.name).is_file() else "missing"
        return "ok" if file_checksum(folder / file.name) == file.checksum else "damaged"
    except FileNotFoundError:
        return "missing"
    except OSError:
        # A disk that cannot read a block says so itself.
        return "damaged"


def held_by(cursor: duckdb.DuckDBPyConnection, segment_id: int) -> str:
    """Name the positions that a segment holds: ``orders/0 offsets 10 to 99``."""
    rows = cursor.execute(
        """SELECT topic, "partition", first_offset, last_offset FROM segment_positions JOIN sources USING (source_id)
        WHERE segment_id = ? ORDER BY topic, "partition", first_offset""",
        [segment_id],
    ).fetchall()
    named = [f"{partition_text(row[0], row[1])} offsets {row[2]} to {row[3]}" for row in rows[:_NAMED]]
    return ", ".join(named) + (f" and {counted(len(rows) - _NAMED, 'more partition')}" if len(rows) > _NAMED else "")


class SegmentChecks:
    """Checks segment files before they are read; each file once, and again after it has changed on disk."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path = path
        self._folder = folder
        self._lock = threading.Lock()
        self._checked: dict[str, tuple[int, int, int]] = {}

    def check(
        self,
        cursor: duckdb.DuckDBPyConnection,
        parts: Collection[Part],
        *,
        picked: bool = False,
        segments: Collection[int] | None = None,
    ) -> None:
        """Check the files that a query will read.

        Args:
            cursor: For the query about the files.
            parts: Raw rows, decoded rows, or both.
            picked: Only segments that may hold one of the registered ``picked_positions``.
            segments: Only these segments.

        Raises:
            SnapshotFormatError: A file is damaged or missing; it says what the file held.
        """
        named = stored_files(cursor, picked=picked, segments=segments) if parts else ()
        files = [file for file in named if file.part in parts]
        with self._lock:
            for file in files:
                identity = _identity(self._folder / file.name)
                if identity is not None and self._checked.get(file.name) == identity:
                    continue
                if (state := state_of(file, self._folder)) in ("damaged", "missing"):
                    raise damaged(cursor, self._path, file, state)
                if identity is not None:
                    self._checked[file.name] = identity


def damaged(cursor: duckdb.DuckDBPyConnection, path: Path, file: StoredFile, state: FileState) -> SnapshotFormatError:
    """Make the error about a damaged or missing file of a segment."""
    what = "is missing" if state == "missing" else "is damaged: its bytes are not those that were written"
    return SnapshotFormatError(
        f"{path}: the segment file {file.name} {what}. It holds {counted(file.rows, 'record')}: "
        f"{held_by(cursor, file.segment_id)}. Put the file back from a copy, or capture these positions into a new "
        f"snapshot; `workbench verify {path}` lists every such file.",
        path=os.fspath(path),
        found=f"segment file {file.name} {state}",
    )


def parts_of(tables: Collection[str], views: Collection[str]) -> Sequence[Part]:
    """Tell which files a query reads, by the names of the tables and views in it."""
    used = {name.lower() for name in tables} & ({name.lower() for name in views} | {"records", "events"})
    if not used:
        return ()
    # Any other view is built over these two.
    return ("events",) if used == {"events"} else ALL_ROWS


def _identity(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
