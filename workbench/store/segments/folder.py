"""The folder of segments beside a snapshot file: its place, its durability, and the removal of what no table names."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from workbench.errors import SnapshotFormatError
from workbench.store.ids.names import ids_name
from workbench.text import counted, visible

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

TEMPORARY = ".writing"
"""Suffix of a file that is still being written."""

_NAMED = 3
_SEGMENT = re.compile(r"\d+(\.\d+)?\.(records|events)\.parquet")
_IDS = re.compile(r"\d+(\.\d+)?\.ids")


def segments_folder(path: Path) -> Path:
    """Return the folder of the segments of a snapshot file."""
    return path.with_name(f"{path.name}.segments").absolute()


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable: POSIX keeps a rename only after an fsync of the folder itself."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sweep(folder: Path, known: Collection[str]) -> list[str]:
    """Remove segment files that no table names: a killed process left them behind. Returns their names."""
    if not folder.is_dir():
        return []
    keep = {*known, *map(ids_name, known)}
    strays = [path for path in folder.iterdir() if path.name not in keep and _is_segment(path.name)]
    for path in strays:
        path.unlink()
    return sorted(path.name for path in strays)


def check_files(folder: Path, files: Collection[str], path: Path) -> None:
    """Refuse a snapshot that came without its segments, or whose tables name files of somebody else.

    A snapshot may come from a stranger, and files that are no longer needed are removed. Therefore a name is only ever
    the name of a segment in the snapshot's own folder, and neither the folder nor a file in it is a link.

    Raises:
        SnapshotFormatError: Files that the tables name are missing, or cannot be segments.
    """
    foreign = sorted(name for name in files if not _SEGMENT.fullmatch(name) or (folder / name).is_symlink())
    if foreign or folder.is_symlink():
        what = (
            f"names {visible(foreign[0], 200)!r} as a segment" if foreign else f"has a link in place of {folder.name}"
        )
        raise SnapshotFormatError(
            f"{path} {what}; segments are files such as 000001.records.parquet in the folder {folder.name} itself. "
            "Nothing was read or changed. The workbench did not write that: ask whoever sent the file.",
            path=str(path),
            found="foreign segments",
        )
    missing = sorted(name for name in files if not (folder / name).is_file())
    if missing:
        some = ", ".join(missing[:_NAMED]) + (" …" if len(missing) > _NAMED else "")
        raise SnapshotFormatError(
            f"{path} lacks {len(missing)} of its {counted(len(files), 'segment file')} ({some}). They belong into "
            f"the folder {folder.name} beside it; move it there, or pack the snapshot where it is whole.",
            path=str(path),
            found="missing segments",
        )


def remove_files(folder: Path, names: Collection[str]) -> None:
    """Remove files that are no longer named, and the folder when nothing is left in it."""
    for name in {*names, *map(ids_name, names)}:
        (folder / name).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _is_segment(name: str) -> bool:
    whole = name.removesuffix(TEMPORARY)
    return _SEGMENT.fullmatch(whole) is not None or _IDS.fullmatch(whole) is not None
