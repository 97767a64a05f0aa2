"""Opens or creates a snapshot file for writing, with the tables of this version."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.store.file.connection import Connection
from workbench.store.file.schema import check_version, is_empty, migrate, stored_version

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    import duckdb


def open_for_writing(
    path: str | os.PathLike[str],
    *,
    by: str,
    check: Callable[[duckdb.DuckDBPyConnection, Path], None],
    limit_bytes: int | None = None,
) -> Connection:
    """Open or create a file and bring its tables to the current version; the caller closes the connection.

    Args:
        path: The file.
        by: Entered in the file beside each migration.
        check: Refuses what the file brings with it, before anything of it can run.
        limit_bytes: Most memory that DuckDB may use; a share of the machine's unless given.

    Raises:
        SnapshotLockedError: Another process writes the file.
        SnapshotFormatError: The file is something else, newer, or refused by the check.
    """
    file = Path(path)
    connection = Connection(file, file.with_name(f"{file.name}.segments"), read_only=False, limit_bytes=limit_bytes)
    try:
        with connection.transaction() as cursor:
            version = 0 if is_empty(cursor) else check_version(stored_version(cursor), file)
            check(cursor, file)
            migrate(cursor, version, by=by)
    except BaseException:
        connection.close()
        raise
    return connection
