"""Makes a batch of raw records of values and headers, for the decoder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from workbench.bus.rows import header_column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbench.model import HeaderList

_SCHEMA = pa.schema(
    [
        pa.field("partition", pa.int32(), nullable=False),
        pa.field("offset", pa.int64(), nullable=False),
        pa.field("key", pa.binary()),
        pa.field("value", pa.binary()),
        pa.field("headers", header_column([]).type, nullable=False),
    ]
)


def record_batch(records: Sequence[tuple[bytes | None, HeaderList]]) -> pa.RecordBatch:
    """Return a batch of records without keys, each given by value and headers."""
    count = len(records)
    values, headers = [value for value, _ in records], [headers for _, headers in records]
    columns = [
        pa.array(np.zeros(count, np.int32)),
        pa.array(np.arange(count)),
        pa.nulls(count, pa.binary()),
        pa.array(values, pa.binary()),
        header_column(headers),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=_SCHEMA)
