"""A snapshot of each test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from snapshot_rows import Filler

from workbench.decoding import Decoder
from workbench.store import SnapshotStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def decoder() -> Decoder:
    return Decoder()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SnapshotStore]:
    with SnapshotStore.open(tmp_path / "shop.duckdb", write=True) as opened:
        yield opened


@pytest.fixture
def fill(store: SnapshotStore, decoder: Decoder) -> Filler:
    return Filler(store, decoder)
