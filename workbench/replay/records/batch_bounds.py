"""Upper bounds of the bytes that each record needs in a batch of its own; few records are over a limit by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow.compute as pc

from workbench.replay.records.sizes import HEADER_OVERHEAD, most_batch_bytes
from workbench.replay.rewriting.rewritten_part import TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

    from workbench.replay.records.raw_rows import Longs, RawRows

CHAIN_BYTES = 64
"""More bytes than the first chain of runs needs besides their ids, of which one is there already."""
_PROVENANCE_MOST = 1_100
"""More bytes than provenance headers without carried facts, position and correlation ever need."""


def plain_bounds(rows: RawRows, sizes: Longs) -> Iterator[Longs]:
    """Yield the bounds of records that keep their headers as they are, part by part.

    Args:
        rows: The records.
        sizes: Bytes of key, value and headers of each.
    """
    first = 0
    for counts in rows.header_counts():
        yield most_batch_bytes(0, 0) + sizes[first : first + len(counts)] + counts * HEADER_OVERHEAD
        first += len(counts)


def provenance_bounds(rows: RawRows, sizes: Longs, table: pa.Table) -> Iterator[Longs]:
    """Yield the bounds of records that were never replayed and get provenance headers, part by part.

    Args:
        rows: The records.
        sizes: Bytes of key, value and headers of each.
        table: Columns with what the provenance headers tell.
    """
    told = table.select([name for name in ("cluster", "topic", "correlation_id", *TEXTS) if name in table.column_names])
    first = 0
    for bounds in plain_bounds(rows, sizes):
        texts = told.slice(first, len(bounds)).columns
        yield bounds + _PROVENANCE_MOST + sum(pc.fill_null(pc.binary_length(text), 0).to_numpy() for text in texts)
        first += len(bounds)
