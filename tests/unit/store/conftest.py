"""A snapshot of each test's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from snapshot_rows import T_MS, Filler

from workbench.decoding import Decoder
from workbench.model.records.columns import RECORD
from workbench.store import SnapshotStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path


@pytest.fixture(scope="session")
def decoder() -> Decoder:
    return Decoder()


@pytest.fixture
def snapshot_path(tmp_path: Path) -> Path:
    return tmp_path / "incident.duckdb"


@pytest.fixture
def store(snapshot_path: Path) -> Iterator[SnapshotStore]:
    with SnapshotStore.open(snapshot_path, write=True) as opened:
        yield opened


@pytest.fixture
def fill(store: SnapshotStore, decoder: Decoder) -> Filler:
    return Filler(store, decoder)


@pytest.fixture
def put(fill) -> Callable[[Sequence[bytes | None]], None]:
    """Store values at offsets from 0, each with key ``k<offset>`` and headers."""

    def store_values(values: Sequence[bytes | None], **more) -> None:
        headers = [(b"type", b"created"), (b"type", b"paid"), (b"trace", None), (b"raw", b"\xff")]
        rows = [
            {
                "partition": 0,
                "offset": number,
                "timestamp_ms": T_MS + number,
                "timestamp_type": 0,
                "key": b"k%d" % number,
                "value": value,
                "headers": [{"name": name, "value": text} for name, text in headers],
            }
            for number, value in enumerate(values)
        ]
        fill(pa.Table.from_pylist(rows, schema=RECORD), **more)

    return store_values
