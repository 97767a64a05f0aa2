"""Opens the snapshot file that a command names."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from workbench.cli.interrupts import interrupt_calls

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from workbench.session import Snapshot


@contextmanager
def opened(path: Path) -> Iterator[Snapshot]:
    """Open a snapshot for reading; an interrupt ends its queries."""
    from workbench.session import open_snapshot

    with open_snapshot(path) as snap, interrupt_calls(snap.store.connection.interrupt):
        yield snap
