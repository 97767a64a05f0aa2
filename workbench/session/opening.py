"""Opens snapshot files for users: for reading, for writing, or one that this process has open already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.errors import SnapshotError
from workbench.session import open_files
from workbench.session.masking import check_masked, note_masking
from workbench.session.snapshot import Snapshot
from workbench.store.snapshot.store import SnapshotStore

if TYPE_CHECKING:
    import os


def open_snapshot(path: str | os.PathLike[str], *, write: bool = False) -> Snapshot:
    """Open a snapshot, read-only unless ``write=True``; also available as ``workbench.open``.

    Raises:
        SnapshotError: The file does not exist.
        SnapshotLockedError: Another process has it open for writing; the message names the process.
        SnapshotFormatError: The file is not a snapshot, is damaged, or was written by a newer version.
        SnapshotError: It holds records that the masking rules of the settings would hide parts of.
    """
    store = SnapshotStore.open(path, write=write)
    try:
        check_masked(store)
    except BaseException:
        store.close()
        raise
    snap = Snapshot(store)
    if write:
        open_files.remember(snap)
    return snap


def open_for_writing(into: str | os.PathLike[str] | Snapshot) -> tuple[Snapshot, bool]:
    """Return a snapshot to write into, and whether this call opened it.

    An open snapshot is taken as it is, and so is a file that this process has open for writing already; another file is
    opened, and created if it does not exist.

    Raises:
        SnapshotError: The given snapshot was opened read-only.
        SnapshotLockedError: Another process has the file open for writing.
    """
    snap = into if isinstance(into, Snapshot) else open_files.find(into)
    opened = snap is None
    if snap is None:
        snap = open_snapshot(into, write=True)  # type: ignore[arg-type]  # a snapshot is not None
    if snap.read_only:
        raise SnapshotError(f"{snap.path} is open for reading only; open it with write=True.", path=str(snap.path))
    note_masking(snap.store)
    return snap, opened
