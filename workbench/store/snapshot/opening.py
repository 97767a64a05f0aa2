"""Opens a snapshot file: checks its place, version and segments, and repairs what a killed process left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import SnapshotError
from workbench.store.file import schema
from workbench.store.segments.catalogue import known_files
from workbench.store.segments.folder import check_files, sweep
from workbench.store.snapshot.captures import mark_interrupted
from workbench.store.snapshot.stored_sql import check_stored_sql

if TYPE_CHECKING:
    from pathlib import Path

    from workbench.store.file.connection import Connection


def check_place(path: Path, *, write: bool) -> None:
    """Refuse a path that cannot be a snapshot.

    Raises:
        SnapshotError: It is a folder, does not exist (when reading), or its folder does not exist.
    """
    if path.is_dir():
        raise SnapshotError(f"{path} is a folder; name the snapshot's .duckdb file.", path=str(path))
    if not write and not path.exists():
        raise SnapshotError(f"There is no snapshot {path}. Capture into it first, or check the name.", path=str(path))
    if not path.parent.is_dir():
        raise SnapshotError(f"The folder of {path} does not exist. Make it first.", path=str(path))


def prepare(connection: Connection, folder: Path, *, read_only: bool) -> int:
    """Bring an open file to this version and check that it is whole.

    Returns:
        The highest segment number so far.

    Raises:
        SnapshotError: An older version that was opened for reading.
        SnapshotFormatError: A foreign or newer file, one whose segments are missing, or one that names foreign files.
    """
    path = connection.path
    with connection.cursor() as cursor:
        # DuckDB takes long to say that a table is missing: it looks for similar names among all of its functions.
        version = None if connection.created else schema.stored_version(cursor)
        # What was not there is empty; asking DuckDB for its tables makes it write all views of its catalogue first.
        if version is None and not read_only and (connection.created or schema.is_empty(cursor)):
            version = 0
    version = schema.check_version(version, path)
    if version < schema.OLDEST_READABLE and read_only:
        raise SnapshotError(
            f"{path} has the older snapshot version {version}. Open it once with write=True to bring it up.",
            path=str(path),
        )
    files: set[str] = set()
    last_segment = 0
    if version > 0:
        with connection.cursor() as cursor:
            check_stored_sql(cursor, path)
            files, last_segment = known_files(cursor)
    check_files(folder, files, path)
    if not read_only:
        with connection.transaction() as cursor:
            schema.migrate(cursor, version, by="eventbus-workbench")
            mark_interrupted(cursor)
        # Only now: a file that no table names is a leftover only when no other process can be writing it.
        sweep(folder, files)
    return last_segment
