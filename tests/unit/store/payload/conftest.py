"""Records with values of every kind in one topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from snapshot_rows import T_MS

from workbench.model.records.columns import RECORD

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


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
