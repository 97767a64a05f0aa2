"""A snapshot of each test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from snapshot_rows import Filler

from workbench.decoding import Decoder
from workbench.session.snapshot import Snapshot
from workbench.store import SnapshotStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def snap(tmp_path: Path) -> Iterator[Snapshot]:
    with Snapshot(SnapshotStore.open(tmp_path / "shop.duckdb", write=True)) as opened:
        yield opened


@pytest.fixture
def fill(snap: Snapshot) -> Callable[..., object]:
    return Filler(snap.store, Decoder())
