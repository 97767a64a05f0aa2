"""Packs a snapshot file by its name."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.session.opening import open_snapshot
from workbench.store.snapshot.opening import check_place

if TYPE_CHECKING:
    import os


def pack_file(path: str | os.PathLike[str]) -> int:
    """Move the Parquet segments of a snapshot into its DuckDB file; return the size of that file in bytes.

    Raises:
        SnapshotError: There is no such file; none is made.
        SnapshotLockedError: Another process has it open for writing.
    """
    file = Path(path)
    # Opening for writing would make a file that does not exist.
    check_place(file, write=False)
    with open_snapshot(file, write=True) as snap:
        snap.pack()
    return file.stat().st_size
