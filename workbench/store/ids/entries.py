"""Entries of the index: one whole number each, made of the role of an id, a hash of its text, and the row.

Sorted, they answer which rows have a text in a role. Texts with equal hashes are told apart by whoever reads the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa

from workbench.buffers.texts import hash_texts
from workbench.model.records.columns import CAUSE, TRACE
from workbench.store.file.layout import STORED_EVENT, in_layout
from workbench.store.ids.making import entries_of_batches
from workbench.store.ids.roles import HASH_BITS, ROW_BITS, IdRole

if TYPE_CHECKING:
    from numpy.typing import NDArray

Entries: TypeAlias = "NDArray[np.uint64]"
Numbers: TypeAlias = "NDArray[np.int64]"

MOST_ROWS = 1 << ROW_BITS
"""Rows that one part of the index can hold."""

COLUMNS = ("event_id", "correlation_id", "link_ids", "causes", "root_id", "trace")
"""Columns of decoded rows that the index is made from."""

_SCHEMA = pa.schema([STORED_EVENT.field(name) for name in COLUMNS])
_MEMBERS = (CAUSE.get_field_index("target"), CAUSE.get_field_index("value"), TRACE.get_field_index("trace_id"))


def key_of(role: IdRole, text: str) -> int:
    """Return the key under which a text is found in a role."""
    (hashed,) = hash_texts(pa.array([text], pa.string())).to_pylist()
    return (int(role) << HASH_BITS) | (int(hashed) >> (64 - HASH_BITS))


def entries_of(events: pa.Table, first_row: int = 0) -> Entries:
    """List the ids of decoded rows, unsorted; rows are numbered from ``first_row``."""
    table = in_layout(events.select(COLUMNS), _SCHEMA)
    return entries_of_batches(table.to_batches(), first_row, *_MEMBERS)


def rows_of(entries: Entries) -> Numbers:
    """Return the row of each entry."""
    rows: Numbers = (entries & np.uint64(MOST_ROWS - 1)).astype(np.int64)
    return rows


def keys_of(entries: Entries) -> Numbers:
    """Return the key of each entry: role and hash."""
    keys: Numbers = (entries >> np.uint64(ROW_BITS)).astype(np.int64)
    return keys


def in_role(keys: Numbers, role: IdRole) -> Numbers:
    """Return the same texts in another role."""
    moved: Numbers = (keys & ((1 << HASH_BITS) - 1)) | (int(role) << HASH_BITS)
    return moved


def of_role(keys: Numbers, role: IdRole) -> Numbers:
    """Keep the keys of one role."""
    kept: Numbers = keys[keys >> HASH_BITS == int(role)]
    return kept
