"""Packs a snapshot file by its name."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.session.opening import open_snapshot
from workbench.store.snapshot.opening import check_place

if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from contextlib import AbstractContextManager


def pack_file(
    path: str | os.PathLike[str],
    *,
    interruptible: Callable[[Callable[[], None]], AbstractContextManager[Any]] = nullcontext,
) -> int:
    """Move the Parquet segments of a snapshot into its DuckDB file; return the size of that file in bytes.

    Args:
        path: The snapshot file.
        interruptible: Given what ends the statement that runs, a context in which the move is made. Ended in the middle
            it leaves each segment where it was, or in the file as a whole.

    Raises:
        SnapshotError: There is no such file; none is made.
        SnapshotLockedError: Another process has it open for writing.
    """
    file = Path(path)
    # Opening for writing would make a file that does not exist.
    check_place(file, write=False)
    with open_snapshot(file, write=True) as snap, interruptible(snap.store.connection.interrupt):
        snap.pack()
    return file.stat().st_size
