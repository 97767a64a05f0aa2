"""Entries of the index: one whole number each, made of the role of an id, a hash of its text, and the row.

Sorted, they answer which rows have a text in a role. Texts with equal hashes are told apart by whoever reads the rows.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa

from workbench.buffers.texts import hash_bytes, hash_texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Entries: TypeAlias = "NDArray[np.uint64]"
Numbers: TypeAlias = "NDArray[np.int64]"

ROW_BITS = 24
HASH_BITS = 37
MOST_ROWS = 1 << ROW_BITS
"""Rows that one part of the index can hold."""


class IdRole(IntEnum):
    """What a text is to the row that has it. Written to files: a number never changes its meaning."""

    EVENT_ID = 0
    CORRELATION_ID = 1
    LINK_ID = 2
    CAUSE_BY_ID = 3
    CAUSE_BY_LINK = 4
    OTHER_CAUSE = 5
    """A cause by position, or of a kind that this version does not know."""
    ROOT_ID = 6
    TRACE_ID = 7


COLUMNS = ("event_id", "correlation_id", "link_ids", "causes", "root_id", "trace")
"""Columns of decoded rows that the index is made from."""

_BY_TARGET = {
    np.uint64(hash_bytes(b"event_id")): IdRole.CAUSE_BY_ID,
    np.uint64(hash_bytes(b"correlation_id")): IdRole.CAUSE_BY_LINK,
}
"""Role of a cause by the hash of its target."""


def key_of(role: IdRole, text: str) -> int:
    """Return the key under which a text is found in a role."""
    (hashed,) = hash_texts(pa.array([text], pa.string())).to_pylist()
    return (int(role) << HASH_BITS) | (int(hashed) >> (64 - HASH_BITS))


def entries_of(events: pa.Table, first_row: int = 0) -> Entries:
    """List the ids of decoded rows, unsorted; rows are numbered from ``first_row``."""
    found: list[Entries] = []
    row = first_row
    for batch in events.select(COLUMNS).to_batches():
        found += _entries_of_batch(batch, row)
        row += batch.num_rows
    return np.concatenate([np.zeros(0, dtype=np.uint64), *found])


def _entries_of_batch(batch: pa.RecordBatch, first_row: int) -> Sequence[Entries]:
    # Without functions of Arrow: loading them is a tenth of a short capture.
    own = np.arange(first_row, first_row + batch.num_rows, dtype=np.uint64)
    links, causes = batch.column("link_ids"), batch.column("causes")
    found = [
        _entries(IdRole.EVENT_ID, batch.column("event_id"), own),
        _entries(IdRole.CORRELATION_ID, batch.column("correlation_id"), own),
        _entries(IdRole.ROOT_ID, batch.column("root_id"), own),
        _entries(IdRole.TRACE_ID, _member(batch.column("trace"), "trace_id"), own),
        _entries(IdRole.LINK_ID, links.flatten(), own[_owners(links)]),
    ]
    stated = causes.flatten()
    if len(stated):
        target, owners = np.asarray(hash_texts(_member(stated, "target"))), own[_owners(causes)]
        roles = np.full(len(target), int(IdRole.OTHER_CAUSE), dtype=np.uint64)
        for hashed, role in _BY_TARGET.items():
            roles[target == hashed] = int(role)
        found.append(_entries(roles, _member(stated, "value"), owners))
    return found


def _member(structs: pa.StructArray, name: str) -> pa.Array:
    return structs.flatten()[structs.type.get_field_index(name)]


def _owners(lists: pa.ListArray) -> Numbers:
    return np.repeat(np.arange(len(lists)), np.diff(np.asarray(lists.offsets)))


def _entries(role: IdRole | Entries, texts: pa.Array, rows: Entries) -> Entries:
    if texts.null_count == len(texts):
        return np.zeros(0, dtype=np.uint64)
    hashed = np.asarray(hash_texts(texts))
    entries: Entries = (hashed >> np.uint64(64 - HASH_BITS)) << np.uint64(ROW_BITS)
    entries |= np.asarray(role, dtype=np.uint64) << np.uint64(HASH_BITS + ROW_BITS)
    entries |= rows
    return entries[hashed != 0] if texts.null_count else entries


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
