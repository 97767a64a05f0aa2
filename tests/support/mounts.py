"""Mounts a small or a read-only disk; a test is skipped where that is not allowed."""

from __future__ import annotations

import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def read_only_mount(folder: Path) -> Iterator[None]:
    """Make a folder read-only for everybody, root included."""
    _mount("--bind", folder, folder)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[None]:
    """Mount an empty disk of this size on a new folder."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def _mount(*arguments: str | Path) -> None:
    try:
        done = subprocess.run(["mount", *arguments], check=False, capture_output=True)
    except FileNotFoundError:
        pytest.skip("mount is missing: it makes the small and the read-only disk")
    if done.returncode:
        pytest.skip("mounting needs root: it makes the small and the read-only disk")
