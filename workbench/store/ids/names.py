"""Names of index files."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def ids_name(file: str) -> str:
    """Return the name of the index of an events file; of a records file, a name that no file has."""
    return file.removesuffix(".events.parquet") + ".ids"


def index_files(folder: Path, files: Iterable[str]) -> list[str]:
    """Return the names of the indexes that these files have; a link is none."""
    names = map(ids_name, files)
    return [name for name in names if (folder / name).is_file() and not (folder / name).is_symlink()]
