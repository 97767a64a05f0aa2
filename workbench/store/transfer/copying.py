"""Copies a snapshot as of its last commit."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.errors import SnapshotError
from workbench.store.file import schema
from workbench.store.file.connection import Connection, translated
from workbench.store.file.views import define_views
from workbench.store.ids.names import index_files
from workbench.store.segments.catalogue import known_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    import duckdb

    from workbench.store.snapshot.store import SnapshotStore

_BATCH_ROWS = 50_000


def copy_to(store: SnapshotStore, path: str | os.PathLike[str]) -> Path:
    """Make a copy that can be opened while this one is being written, as of the last commit.

    Segments are linked where the disk allows it; the target appears only when it is whole.

    Raises:
        SnapshotError: The target exists, or its folder does not.
    """
    target = Path(path)
    target_folder = target.with_name(f"{target.name}.segments")
    if target.exists() or target_folder.exists():
        raise SnapshotError(f"{target} exists already; name a file that does not.", path=str(target))
    if not target.parent.is_dir():
        raise SnapshotError(f"The folder of {target} does not exist. Make it first.", path=str(target))
    with (
        store.writing(),
        translated(target),
        tempfile.TemporaryDirectory(prefix=".copying-", dir=target.parent) as temporary,
    ):
        file, files = Path(temporary, target.name), Path(temporary, target_folder.name)
        _copy_tables(store, file, files)
        if files.exists():
            files.rename(target_folder)
        file.rename(target)
    return target


def _copy_tables(store: SnapshotStore, file: Path, files: Path) -> None:
    copy = Connection(file, files, read_only=False)
    try:
        with store.cursor() as reading, copy.transaction() as writing:
            # One transaction for all tables: the copy shows one moment, whatever commits meanwhile.
            reading.execute("BEGIN")
            schema.migrate(writing, 0, by="copy_to")
            writing.execute("DELETE FROM workbench_schema")
            tables = reading.execute(
                "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary ORDER BY table_name"
            ).fetchall()
            for (table,) in tables:
                _copy_table(reading, writing, table)
            names, _ = known_files(reading)
            if names:
                files.mkdir()
                _link(store.folder, files, names)
                _link(store.folder, files, index_files(store.folder, names))
            define_views(writing)
    finally:
        copy.close()


def _copy_table(reading: duckdb.DuckDBPyConnection, writing: duckdb.DuckDBPyConnection, table: str) -> None:
    rows = reading.sql(f'SELECT * FROM "{table}"').to_arrow_reader(_BATCH_ROWS)  # noqa: S608 - a name of the catalogue
    writing.register("copied_rows", rows)
    writing.execute(f'INSERT INTO "{table}" BY NAME SELECT * FROM copied_rows')  # noqa: S608 - same
    writing.unregister("copied_rows")


def _link(origin: Path, target: Path, names: Iterable[str]) -> None:
    for name in names:
        try:
            os.link(origin / name, target / name)
        except OSError:
            shutil.copyfile(origin / name, target / name)
